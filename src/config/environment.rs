//! The environment variables that settings listen to, as one value.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use crate::written::Override;

/// The variables in force when the program started.
///
/// | variable | what it says |
/// |---|---|
/// | `SANCTIONWATCH_CONFIG` | the settings file |
/// | `SANCTIONWATCH_STATE` | the state folder, over the file's `state` |
/// | `SANCTIONWATCH_CONTACT` | the contact, over `fetch.contact` |
/// | `SANCTIONWATCH_SMTP_PASSWORD_FILE` | over `mail.smtp.password_file` |
/// | `STATE_DIRECTORY` | the state folder that systemd made |
/// | `CREDENTIALS_DIRECTORY` | the folder of credentials that systemd made |
/// | `SANCTIONWATCH_MAIL__FROM` and its like | `from` in `[mail]`: any key of any section |
/// | `XDG_CONFIG_HOME`, `XDG_STATE_HOME`, `HOME` | where a person's own files lie |
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// The environment of this process. Variables that are not Unicode count as absent.
    pub fn of_process() -> Self {
        let pairs = env::vars_os();
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { variables: pairs.filter_map(text).collect() }
    }

    /// An environment of these variables alone.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        variables.into_iter().collect()
    }

    /// The settings file somebody named.
    pub(crate) fn config_file(&self) -> Option<PathBuf> {
        self.get("SANCTIONWATCH_CONFIG").map(PathBuf::from)
    }

    /// Where settings files usually lie, nearest first.
    pub(crate) fn usual_config_files(&self) -> Vec<PathBuf> {
        let own = self.base("XDG_CONFIG_HOME", ".config");
        let folders = own.into_iter().chain([PathBuf::from("/etc")]);
        folders.map(|folder| folder.join("sanctionwatch/sanctionwatch.toml")).collect()
    }

    /// The state folder this run was told to use.
    pub(crate) fn state(&self) -> Option<PathBuf> {
        self.get("SANCTIONWATCH_STATE").map(PathBuf::from)
    }

    /// The state folder where nobody names one: systemd's, else the person's own.
    pub(crate) fn usual_state(&self) -> Option<PathBuf> {
        // systemd separates several with colons; ours is the first.
        let systemd = self.get("STATE_DIRECTORY").and_then(|list| list.split(':').next());
        let own = || Some(self.base("XDG_STATE_HOME", ".local/state")?.join("sanctionwatch"));
        systemd.map(PathBuf::from).or_else(own)
    }

    /// The folder of credentials that systemd made (`LoadCredential=`).
    pub(crate) fn credentials(&self) -> Option<PathBuf> {
        self.get("CREDENTIALS_DIRECTORY").map(PathBuf::from)
    }

    pub(crate) fn contact(&self) -> Option<&str> {
        self.get("SANCTIONWATCH_CONTACT")
    }

    pub(crate) fn smtp_password_file(&self) -> Option<PathBuf> {
        self.get("SANCTIONWATCH_SMTP_PASSWORD_FILE").map(PathBuf::from)
    }

    /// What single variables set in place of the file's keys, by the names of variables:
    /// `SANCTIONWATCH_MAIL__SMTP__HOST` is `host` in `[mail.smtp]`. The value is TOML where it reads
    /// as such (`true`, `30`, `["us/doj"]`), else a text.
    pub(crate) fn overrides(&self) -> Vec<Override> {
        let set = |(name, value): (&String, &String)| {
            let keys = name.strip_prefix("SANCTIONWATCH_")?;
            if value.is_empty() || !(keys.contains("__") || keys == "DATABASE") {
                return None;
            }
            let path = keys.split("__").map(str::to_lowercase).collect();
            Some(Override { name: name.clone(), path, value: value.clone() })
        };
        self.variables.iter().filter_map(set).collect()
    }

    /// An empty variable counts as absent, as the XDG base directory specification has it.
    fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// An XDG base directory. The specification ignores relative paths.
    fn base(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let named = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| Some(PathBuf::from(self.get("HOME")?).join(below_home)))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(variables: I) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self { variables: variables.into_iter().map(owned).collect() }
    }
}
