//! A headless Chromium, told by WebDriver what to do.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use serde_json::{Value, json};

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

/// A browser with one window; ends when dropped.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    client: reqwest::Client,
    _profile: tempfile::TempDir,
}

/// Where a program of Debian's is, if it is installed.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

impl Browser {
    /// Starts chromedriver, and Chromium through it.
    pub(crate) async fn start(scripts: Scripts) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = said
            .map(Result::unwrap)
            .find_map(|line| Some(line.split_once("successfully on port ")?.1.replace('.', "")))
            .expect("chromedriver says its port");
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=en-GB",
        ];
        let mut flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let allowed = if scripts == Scripts::On { 1 } else { 2 };
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {
            "binary": installed("chromium").unwrap(),
            "args": flags,
            "prefs": {"profile.managed_default_content_settings.javascript": allowed},
        }}}});
        let client = reqwest::Client::new();
        let base = format!("http://127.0.0.1:{port}");
        let mut browser = Self { driver, session: base, client, _profile: profile };
        let begun = browser.post("/session", wanted).await;
        browser.session =
            format!("{}/session/{}", browser.session, begun["sessionId"].as_str().unwrap());
        browser
    }

    async fn post(&self, command: &str, body: Value) -> Value {
        let request = self.client.post(format!("{}{command}", self.session)).body(body.to_string());
        answered(request, command).await
    }

    async fn ask(&self, command: &str) -> Value {
        answered(self.client.get(format!("{}{command}", self.session)), command).await
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({"url": url})).await;
    }

    pub(crate) async fn url(&self) -> String {
        self.ask("/url").await.as_str().unwrap().to_owned()
    }

    pub(crate) async fn title(&self) -> String {
        self.ask("/title").await.as_str().unwrap().to_owned()
    }

    /// The page's text, as it is seen.
    pub(crate) async fn text(&self) -> String {
        let body = self.find("body").await;
        self.ask(&format!("/element/{body}/text")).await.as_str().unwrap().to_owned()
    }

    async fn find(&self, selector: &str) -> String {
        let found =
            self.post("/element", json!({"using": "css selector", "value": selector})).await;
        let (_, id) = found.as_object().unwrap().iter().next().unwrap();
        id.as_str().unwrap().to_owned()
    }

    /// Clicks; where that is a button or a link, waits for the page it leads to, since the driver
    /// answers before a form has gone out.
    pub(crate) async fn click(&self, selector: &str) {
        let before = self.document().await;
        let element = self.find(selector).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
        if selector.starts_with(['#', 'i']) {
            return;
        }
        for _ in 0..300 {
            let now = self.document().await;
            if now.is_some() && now != before {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{selector} led nowhere within 15 seconds");
    }

    /// Names the page that is there; none while one goes and the next comes.
    async fn document(&self) -> Option<String> {
        let asked = json!({"using": "css selector", "value": "body"}).to_string();
        let request = self.client.post(format!("{}/element", self.session)).body(asked);
        let answer: Value =
            serde_json::from_str(&request.send().await.ok()?.text().await.ok()?).ok()?;
        let (_, id) = answer["value"].as_object()?.iter().next()?;
        id.as_str().filter(|id| id.contains(".e.")).map(str::to_owned)
    }

    /// Types into an emptied field.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{element}/clear"), json!({})).await;
        self.post(&format!("/element/{element}/value"), json!({"text": text})).await;
    }

    /// What a field holds.
    pub(crate) async fn value(&self, selector: &str) -> String {
        let element = self.find(selector).await;
        let value = self.ask(&format!("/element/{element}/property/value")).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// What `script` hands to its last argument.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("/execute/async", json!({"script": script, "args": []})).await
    }

    /// A command of the DevTools protocol.
    async fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": params})).await
    }

    /// Shows pages `light` or `dark` from now on, in a window of this width.
    pub(crate) async fn look(&self, scheme: &str, width: u32) {
        let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": feature})).await;
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        // They would take their part of the width.
        self.devtools("Emulation.setScrollbarsHidden", json!({"hidden": true})).await;
    }

    /// The whole page as PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let all = json!({"format": "png", "captureBeyondViewport": true});
        let taken = self.devtools("Page.captureScreenshot", all).await;
        let data = taken["data"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(data).unwrap()
    }

    /// Closes the window and waits until Chromium has ended.
    pub(crate) async fn quit(self) {
        let request = self.client.delete(&self.session);
        answered(request, "quit").await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends with its driver; where that has ended already, nothing is left to do.
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

async fn answered(request: reqwest::RequestBuilder, command: &str) -> Value {
    let text = request.send().await.unwrap().text().await.unwrap();
    let mut answer: Value = serde_json::from_str(&text).unwrap();
    let value = answer["value"].take();
    assert!(value.get("error").is_none(), "{command}: {value}");
    value
}
