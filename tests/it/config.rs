//! Settings: the defaults, the annotated example, where the file is found, and every mistake.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sanctionwatch::config::{
    self, Backend, BadConfig, Bounces, Dkim, Environment, Login, Security, Settings, Smtp,
};

const HOME: [(&str, &str); 1] = [("HOME", "/home/ada")];

fn defaults() -> Settings {
    config::settings(None, "", &Environment::of(HOME)).unwrap()
}

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/sanctionwatch.toml");
    fs::read_to_string(path).unwrap()
}

/// The example with its optional keys switched on; where a key stands twice, the optional one.
fn example_in_full() -> String {
    let example = example();
    let is_switched_off = |line: &str| {
        line.strip_prefix('#').is_some_and(|rest| {
            rest.starts_with('[')
                || rest
                    .split_once(" = ")
                    .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        })
    };
    let key = |line: &str| line.trim_start_matches('#').split(" = ").next().unwrap().to_owned();
    let lines: Vec<&str> = example.lines().collect();
    let full: Vec<&str> = lines
        .iter()
        .enumerate()
        .filter(|(index, line)| {
            let next = lines.get(index + 1).copied().unwrap_or_default();
            !(is_switched_off(next) && key(next) == key(line))
        })
        .map(|(_, line)| if is_switched_off(line) { &line[1..] } else { *line })
        .collect();
    full.join("\n")
}

#[test]
fn without_any_file_everything_has_a_place() {
    let settings = defaults();
    assert_eq!(
        settings.database,
        PathBuf::from("/home/ada/.local/state/sanctionwatch/sanctionwatch.db")
    );
    let mails = PathBuf::from("/home/ada/.local/state/sanctionwatch/mail");
    assert_eq!(settings.mail.backend, Backend::Directory(mails));
    assert!(settings.crawl.catalogue);
}

#[test]
fn the_example_states_the_defaults() {
    let settings = config::settings(None, &example(), &Environment::of(HOME)).unwrap();
    assert_eq!(settings, defaults());
}

#[test]
fn the_example_in_full_is_valid_and_changes_every_optional_key() {
    let text = example_in_full().replace("backend = \"directory\"", "backend = \"smtp\"");
    let settings = config::settings(None, &text, &Environment::default()).unwrap();
    assert_eq!(settings.state, PathBuf::from("/var/lib/sanctionwatch"));
    assert_eq!(settings.fetch.contact, "press-monitor@example.org");
    assert_eq!(settings.fetch.allow_private.len(), 3);
    assert_eq!(settings.crawl.skip, ["us/doj", "fr/le-monde"]);
    assert_eq!(settings.crawl.interval, Some(Duration::from_secs(1200)));
    let smtp = Smtp {
        host: "smtp.example.org".to_owned(),
        port: Some(587),
        security: Security::Starttls,
        login: Some(Login {
            username: "sanctionwatch".to_owned(),
            password_file: PathBuf::from("/etc/sanctionwatch/smtp-password"),
        }),
        hello: Some("monitor.example.org".to_owned()),
        trusted_ca: Some(PathBuf::from("/etc/sanctionwatch/ca.pem")),
    };
    assert_eq!(settings.mail.backend, Backend::Smtp(smtp));
    assert_eq!(settings.mail.list_id.as_deref(), Some("alerts.example.org"));
    let dkim = Dkim {
        domain: Some("example.org".to_owned()),
        selector: "watch".to_owned(),
        key_file: PathBuf::from("/etc/sanctionwatch/dkim.pem"),
    };
    assert_eq!(settings.mail.dkim, Some(dkim));
    let bounces = Bounces {
        address: Some("bounces+*@example.org".parse().unwrap()),
        directory: Some(PathBuf::from("/var/spool/sanctionwatch-bounces")),
        listen: Some("127.0.0.1:2525".parse().unwrap()),
    };
    assert_eq!(settings.mail.bounces, bounces);
}

/// The keys the program knows, as it lists them when a key is none of them.
#[test]
fn the_example_names_every_key() {
    let sections = [
        "",
        "fetch",
        "crawl",
        "mail",
        "mail.smtp",
        "mail.dkim",
        "mail.bounces",
        "web",
        "operator",
        "backup",
        "keep",
        "log",
    ];
    let mut named = 0;
    for section in sections {
        let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
        let text = format!("{header}xxxxxxxxxxxx = 1\n");
        let error = config::settings(None, &text, &Environment::of(HOME)).unwrap_err().to_string();
        let keys = error.rsplit_once("write one of ").unwrap().1.trim().split(", ");
        let full = example_in_full();
        let inside: String = full
            .lines()
            .skip_while(|line| !section.is_empty() && *line != format!("[{section}]"))
            .skip(usize::from(!section.is_empty()))
            .take_while(|line| !line.starts_with('['))
            .map(|line| format!("{line}\n"))
            .collect();
        for key in keys {
            let is_section =
                full.contains(&format!("[{key}]")) || full.contains(&format!(".{key}]"));
            let is_there = inside.lines().any(|line| line.starts_with(&format!("{key} = ")));
            assert!(is_section || is_there, "the example lacks {section} {key}");
            named += 1;
        }
    }
    assert!(30 < named, "only {named} keys found");
}

#[test]
fn every_mistake_is_said_with_its_place_and_remedy() {
    let cases: &[(&str, &[&str])] = &[
        (
            "[fetch]\ndealy = \"2s\"",
            &["conf.toml:2:1: there is no key \"dealy\" in [fetch]; did you mean \"delay\"?"],
        ),
        (
            "[mail]\nlist_id = \"our list\"\n[mail.dkim]\nkey_file = \"key\"",
            &[
                "conf.toml:2:11: list_id is \"our list\"; write a name such as \"alerts.example.org\"",
                "conf.toml:3:1: ",
            ],
        ),
        (
            "[mail]\ndomain_at_once = 0",
            &["conf.toml:2:18: domain_at_once is 0; write a whole number"],
        ),
        (
            "[mail.bounces]\nlisten = \"2525\"",
            &["conf.toml:2:10: listen is \"2525\"; write address and port"],
        ),
        ("[fetsh]", &["conf.toml:1:2: there is no key \"fetsh\"; did you mean \"fetch\"?"]),
        ("fetch = 3", &["conf.toml:1:9: fetch is 3; write a table"]),
        (
            "[fetch]\ndelay = 2\ncontact = \"me\"\nbody_limit = \"1 KiB\"\ntotal_timeout = \"0s\"\nredirects = 99",
            &[
                "conf.toml:2:9: delay is 2; write a time such as",
                "conf.toml:3:11: contact is \"me\"; write a mail address or a web page",
                "conf.toml:4:14: body_limit is below 64 KiB",
                "conf.toml:5:17: total_timeout is zero; write a time such as \"30s\"",
                "conf.toml:6:13: redirects is 99; write a whole number from 0 to 20",
            ],
        ),
        (
            "[fetch]\nallow_private = [\"http://wiki\"]",
            &["conf.toml:2:18: allow_private has \"http://wiki\"; write a network"],
        ),
        (
            "[crawl]\nskip = [\"bis\"]",
            &["conf.toml:2:9: skip has \"bis\"; write the id of a source"],
        ),
        (
            "[mail]\nbackend = \"stmp\"",
            &["conf.toml:2:11: backend is \"stmp\"; did you mean \"smtp\"?"],
        ),
        (
            "[mail]\nbackend = \"smtp\"",
            &[
                "conf.toml:1:1: [mail] from is missing; write the sender's address",
                "conf.toml:1:1: [mail] smtp is missing; write the mail server",
            ],
        ),
        (
            "[mail]\nfrom = \"ada\"",
            &["conf.toml:2:8: from: \"ada\" is not an e-mail address (it has no @)"],
        ),
        (
            "state = \"~/state\"",
            &["conf.toml:1:9: state is \"~/state\"; nothing is filled in for ~"],
        ),
        (
            "[mail.smtp]\nusername = \"ada\"",
            &[
                "conf.toml:1:1: [mail.smtp] host is missing",
                "conf.toml:1:1: [mail.smtp] password_file is missing",
            ],
        ),
        (
            "[mail.smtp]\nhost = \"h\"\nsecurity = \"none\"\nusername = \"ada\"\npassword_file = \"p\"",
            &["conf.toml:4:12: the password would travel unprotected"],
        ),
        (
            "[mail.smtp]\nhost = \"h\"\nport = 0",
            &["conf.toml:3:8: port is 0; write a whole number from 1 to 65535"],
        ),
        (
            "[log]\nlevel = \"verbose\"",
            &["conf.toml:2:9: level is \"verbose\"; write one of error, warn"],
        ),
        ("state = [", &["conf.toml:1:10: this is not TOML"]),
    ];
    for (text, expected) in cases {
        let result = config::settings(Some(Path::new("conf.toml")), text, &Environment::of(HOME));
        let said = result.unwrap_err().to_string();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{text:?} says\n{said}");
        for (line, start) in lines.iter().zip(*expected) {
            assert!(line.starts_with(start), "{text:?} says\n{line}\nnot\n{start}");
        }
    }
}

#[test]
fn the_state_folder_is_the_nearest_one_named() {
    let file = Some(Path::new("/etc/sanctionwatch/sanctionwatch.toml"));
    type Variables = &'static [(&'static str, &'static str)];
    let cases: &[(&str, Variables, &str)] = &[
        ("", &[], "/home/ada/.local/state/sanctionwatch"),
        ("", &[("XDG_STATE_HOME", "/data")], "/data/sanctionwatch"),
        ("", &[("XDG_STATE_HOME", "data")], "/home/ada/.local/state/sanctionwatch"),
        (
            "",
            &[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), ("XDG_STATE_HOME", "/data")],
            "/var/lib/a",
        ),
        ("state = \"kept\"", &[("STATE_DIRECTORY", "/var/lib/a")], "/etc/sanctionwatch/kept"),
        ("state = \"kept\"", &[("SANCTIONWATCH_STATE", "/tmp/here")], "/tmp/here"),
        ("", &[("SANCTIONWATCH_STATE", "")], "/home/ada/.local/state/sanctionwatch"),
    ];
    for (text, variables, expected) in cases {
        let environment = HOME.iter().chain(*variables).copied().collect();
        let settings = config::settings(file, text, &environment).unwrap();
        assert_eq!(settings.state, PathBuf::from(expected), "{text:?} with {variables:?}");
    }
    let error = config::settings(None, "", &Environment::default()).unwrap_err();
    assert!(matches!(error, BadConfig::NoState), "{error}");
}

#[test]
fn the_file_asked_for_is_the_file_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, workers: usize| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("[crawl]\nworkers = {workers}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let asked = write("asked.toml", 3);
    let variable = write("variable.toml", 4);
    let own = write("home/.config/sanctionwatch/sanctionwatch.toml", 5);
    let home = folder.path().join("home").to_str().unwrap().to_owned();
    let home = [("HOME", home.as_str())];
    let named = [("HOME", home[0].1), ("SANCTIONWATCH_CONFIG", variable.as_str())];
    let found = |asked: Option<&str>, environment: &Environment| {
        let settings = config::load(asked.map(Path::new), environment).unwrap();
        (settings.file.unwrap().to_str().unwrap().to_owned(), settings.crawl.workers)
    };
    assert_eq!(found(Some(&asked), &Environment::of(named)), (asked.clone(), 3));
    assert_eq!(found(None, &Environment::of(named)), (variable.clone(), 4));
    assert_eq!(found(None, &Environment::of(home)), (own, 5));

    let absent = folder.path().join("absent.toml");
    let error = config::load(Some(&absent), &Environment::of(home)).unwrap_err().to_string();
    assert!(error.contains("absent.toml") && error.contains("check path"), "{error}");
}

#[test]
fn the_environment_has_the_last_word_on_contact_and_password() {
    let text = "[fetch]\ncontact = \"a@example.org\"\n[mail]\nbackend = \"smtp\"\nfrom = \"b@example.org\"\n\
                [mail.smtp]\nhost = \"h\"\nusername = \"u\"\npassword_file = \"secret\"";
    let file = Some(Path::new("/etc/sw.toml"));
    let password_file = |environment| {
        let settings = config::settings(file, text, &environment).unwrap();
        let Backend::Smtp(Smtp { login: Some(login), .. }) = settings.mail.backend else {
            panic!("no login")
        };
        (settings.fetch.contact, login.password_file)
    };
    let plain = password_file(Environment::of(HOME));
    assert_eq!(plain, ("a@example.org".to_owned(), PathBuf::from("/etc/secret")));
    let told = password_file(Environment::of([
        ("HOME", "/home/ada"),
        ("SANCTIONWATCH_CONTACT", "c@example.org"),
        ("SANCTIONWATCH_SMTP_PASSWORD_FILE", "/run/credentials/smtp"),
    ]));
    assert_eq!(told, ("c@example.org".to_owned(), PathBuf::from("/run/credentials/smtp")));
}

/// Any key can be set from outside, for a container: the file's own mistakes keep their places, those
/// of a variable go by its name.
#[test]
fn variables_take_the_place_of_keys() {
    let set = |variables: &[(&str, &str)], text: &str| {
        let all = HOME.iter().chain(variables).copied();
        config::settings(Some(Path::new("conf.toml")), text, &all.collect())
    };
    let settings = set(
        &[
            ("SANCTIONWATCH_MAIL__BACKEND", "smtp"),
            ("SANCTIONWATCH_MAIL__FROM", "alerts@example.org"),
            ("SANCTIONWATCH_MAIL__SMTP__HOST", "smtp.example.org"),
            ("SANCTIONWATCH_MAIL__SMTP__PORT", "2525"),
            ("SANCTIONWATCH_CRAWL__SKIP", "[\"us/doj\"]"),
            ("SANCTIONWATCH_CRAWL__WORKERS", "3"),
            ("SANCTIONWATCH_LISTS__SYNC", "false"),
            ("SANCTIONWATCH_BACKUP__OLDEST", "forever"),
            ("SANCTIONWATCH_KEEP__SOURCE", "[{ id = \"us/bis\", articles = \"200d\" }]"),
            ("SANCTIONWATCH_DATABASE", "/data/watch.db"),
            // Not ours to judge: names without a section, and empty ones.
            ("SANCTIONWATCH_CORPORA", "/corpora"),
            ("SANCTIONWATCH_FETCH__DELAY", ""),
        ],
        "[crawl]\nworkers = 5\ncatalogue = false\n",
    )
    .unwrap();
    let Backend::Smtp(smtp) = &settings.mail.backend else { panic!("{settings:?}") };
    assert_eq!((smtp.host.as_str(), smtp.port), ("smtp.example.org", Some(2525)));
    assert_eq!((settings.crawl.workers, settings.crawl.catalogue), (3, false));
    assert_eq!(settings.crawl.skip, ["us/doj"]);
    assert!(!settings.lists.sync);
    assert_eq!(settings.backup.oldest, None);
    assert_eq!(settings.keep.sources[0].0, "us/bis");
    assert_eq!(settings.database, PathBuf::from("/data/watch.db"));

    let error = set(
        &[
            ("SANCTIONWATCH_FETCH__DEALY", "2s"),
            ("SANCTIONWATCH_CRAWL__WORKERS", "many"),
            ("SANCTIONWATCH_KEEP__ARTICLES", "1d"),
        ],
        "[fetch]\nredirects = 99\n",
    );
    let said = error.unwrap_err().to_string();
    for line in [
        "conf.toml:2:13: redirects is 99",
        "SANCTIONWATCH_FETCH__DEALY: there is no key \"dealy\" in [fetch]; did you mean \"delay\"?",
        "SANCTIONWATCH_CRAWL__WORKERS: workers is \"many\"; write a whole number",
        "SANCTIONWATCH_KEEP__ARTICLES: articles is below 180d",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
}
