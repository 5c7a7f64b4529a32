//! One page in one browser: what it may ask for, when it is ready, and what it then says.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::fetch::Permission;
use crate::fetch::browser::devtools::{DevTools, Incoming};
use crate::fetch::fault::Fault;
use crate::fetch::trail::Trail;
use crate::model::visit::Outcome;

/// A page is ready when it has loaded and asked for nothing for so long …
const QUIET: Duration = Duration::from_millis(500);
/// … or so long after it loaded, for pages that never stop asking.
const READY_MOST: Duration = Duration::from_secs(10);
/// The browser's word for a status of 400 or more without a body.
const EMPTY_ERROR: &str = "net::ERR_HTTP_RESPONSE_CODE_FAILURE";
/// What a text needs. Pictures, sounds and fonts are not loaded.
const NEEDED: [&str; 6] = ["Document", "Script", "Stylesheet", "XHR", "Fetch", "Preflight"];

/// A page being loaded.
pub(crate) struct Tab<'a, 'b> {
    devtools: &'a mut DevTools,
    permission: &'a mut Permission<'b>,
    session: String,
    /// The page's own frame; frames within it are not loaded.
    frame: String,
    trail: &'a mut Trail,
    answer: Option<Answer>,
    loaded: Option<Instant>,
    asked_last: Instant,
    in_flight: HashSet<String>,
    /// Why the page must not be loaded, or cannot be.
    fault: Option<Fault>,
}

/// How the server answered for the page itself.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
}

impl Answer {
    fn with(self, html: String) -> Rendered {
        Rendered { status: self.status, headers: self.headers, html }
    }
}

/// A page as its scripts left it.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// The server's, for the page before its scripts ran.
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TabFault {
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The browser broke off, or said what it never should.
    #[error("{0}")]
    Browser(#[from] io::Error),
    /// The browser could not load the page: its own word for it.
    #[error("{0}")]
    NotLoaded(String),
}

impl<'a, 'b> Tab<'a, 'b> {
    /// A fresh page in its own session.
    pub(crate) async fn open(
        devtools: &'a mut DevTools,
        permission: &'a mut Permission<'b>,
        trail: &'a mut Trail,
    ) -> Result<Self, TabFault> {
        let now = Instant::now();
        let mut tab = Self {
            devtools,
            permission,
            session: String::new(),
            frame: String::new(),
            trail,
            answer: None,
            loaded: None,
            asked_last: now,
            in_flight: HashSet::new(),
            fault: None,
        };
        let made = tab.ask_browser("Target.createTarget", json!({ "url": "about:blank" })).await?;
        tab.frame = text(&made["targetId"]);
        let attach = json!({ "targetId": tab.frame, "flatten": true });
        tab.session = text(&tab.ask_browser("Target.attachToTarget", attach).await?["sessionId"]);
        let deny = json!({ "behavior": "deny" });
        tab.ask_browser("Browser.setDownloadBehavior", deny).await?;
        tab.ask_browser("Target.setDiscoverTargets", json!({ "discover": true })).await?;
        for method in ["Page.enable", "Network.enable", "Inspector.enable"] {
            tab.ask(method, json!({})).await?;
        }
        tab.ask("Fetch.enable", json!({ "patterns": [{ "urlPattern": "*" }] })).await?;
        Ok(tab)
    }

    /// Loads the page, waits until it is ready, and takes it. A page that is not ready at
    /// `patience` is taken as it stands, if it has come at all. Most `bytes` are taken.
    pub(crate) async fn load(
        mut self,
        patience: Instant,
        bytes: usize,
    ) -> Result<Rendered, TabFault> {
        let url = json!({ "url": self.trail.here.as_str() });
        let begun = self.ask("Page.navigate", url).await?;
        self.check()?;
        match (begun["errorText"].as_str(), self.answer.take()) {
            // An error of the server without a page to show.
            (Some(EMPTY_ERROR), Some(answer)) => return Ok(answer.with(String::new())),
            (Some(error), _) => return Err(TabFault::NotLoaded(error.to_owned())),
            (None, answer) => self.answer = answer,
        }
        while !self.is_ready(patience) {
            let wake = (Instant::now() + QUIET / 2).min(patience);
            if let Ok(incoming) = timeout_at(wake, self.devtools.hear()).await {
                self.take(incoming?).await?;
                self.check()?;
            }
        }
        let html = self.html(bytes).await?;
        self.check()?;
        match self.answer {
            Some(answer) => Ok(answer.with(html)),
            None => Err(TabFault::NotLoaded("no server answered for the page".to_owned())),
        }
    }

    fn is_ready(&self, patience: Instant) -> bool {
        let now = Instant::now();
        let quiet = self.in_flight.is_empty() && self.asked_last + QUIET <= now;
        let ready = self.loaded.is_some_and(|loaded| quiet || loaded + READY_MOST <= now);
        ready || patience <= now
    }

    async fn html(&mut self, bytes: usize) -> Result<String, TabFault> {
        let expression = format!(
            "(() => {{ const html = document.documentElement?.outerHTML ?? ''; \
             return html.length <= {bytes} ? html : null; }})()"
        );
        let evaluate = json!({ "expression": expression, "returnByValue": true });
        let found = self.ask("Runtime.evaluate", evaluate).await?;
        match found["result"]["value"].as_str() {
            Some(html) if html.len() <= bytes => Ok(html.to_owned()),
            _ => Err(Fault::too_large(&self.trail.here, bytes).into()),
        }
    }

    /// The first thing that went wrong, if anything did.
    fn check(&mut self) -> Result<(), TabFault> {
        self.fault.take().map_or(Ok(()), |fault| Err(fault.into()))
    }

    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, TabFault> {
        let call = self.devtools.call(Some(&self.session), method, params).await?;
        self.answer_to(call).await
    }

    async fn ask_browser(&mut self, method: &str, params: Value) -> Result<Value, TabFault> {
        let call = self.devtools.call(None, method, params).await?;
        self.answer_to(call).await
    }

    /// Waits for the answer to `asked`; events meanwhile are taken.
    async fn answer_to(&mut self, asked: u64) -> Result<Value, TabFault> {
        loop {
            match self.devtools.hear().await? {
                Incoming::Answer { call, result } if call == asked => {
                    return result.map_err(TabFault::NotLoaded);
                }
                other => self.take(other).await?,
            }
        }
    }

    /// Says something whose answer does not matter.
    async fn tell(&mut self, method: &str, params: Value) -> Result<(), TabFault> {
        self.devtools.call(Some(&self.session), method, params).await?;
        Ok(())
    }

    async fn take(&mut self, incoming: Incoming) -> Result<(), TabFault> {
        let Incoming::Event { method, params } = incoming else { return Ok(()) };
        match method.as_str() {
            "Fetch.requestPaused" => self.decide(&params).await?,
            "Network.requestWillBeSent" => {
                self.asked_last = Instant::now();
                self.in_flight.insert(text(&params["requestId"]));
            }
            "Network.loadingFinished" | "Network.loadingFailed" => {
                self.asked_last = Instant::now();
                self.in_flight.remove(params["requestId"].as_str().unwrap_or_default());
            }
            "Network.responseReceived" if self.is_the_page(&params) => {
                self.answer = Some(answer(&params["response"]));
            }
            "Page.frameNavigated" if params["frame"]["id"] == *self.frame => self.loaded = None,
            "Page.loadEventFired" => self.loaded = Some(Instant::now()),
            "Page.javascriptDialogOpening" => {
                self.tell("Page.handleJavaScriptDialog", json!({ "accept": false })).await?;
            }
            "Target.targetCreated" if params["targetInfo"]["openerId"].is_string() => {
                let popup = json!({ "targetId": params["targetInfo"]["targetId"] });
                self.devtools.call(None, "Target.closeTarget", popup).await?;
            }
            "Inspector.targetCrashed" => {
                return Err(TabFault::NotLoaded("the page crashed the browser".to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether an event speaks of the page itself, not of what it loads.
    fn is_the_page(&self, params: &Value) -> bool {
        let kind = params["type"].as_str().or_else(|| params["resourceType"].as_str());
        kind == Some("Document") && params["frameId"] == *self.frame
    }

    /// Lets a request go on, or not.
    async fn decide(&mut self, params: &Value) -> Result<(), TabFault> {
        let request = json!({ "requestId": params["requestId"] });
        let allowed = if self.is_the_page(params) {
            match self.may_navigate(&params["request"]["url"]).await {
                Ok(()) => true,
                Err(fault) => {
                    self.fault.get_or_insert(fault);
                    false
                }
            }
        } else {
            self.may_load(params)
        };
        if allowed {
            return self.tell("Fetch.continueRequest", request).await;
        }
        let mut refused = request;
        refused["errorReason"] = "BlockedByClient".into();
        self.tell("Fetch.failRequest", refused).await
    }

    /// The page itself is asked for like any page: guard, robots.txt, the site's turn.
    async fn may_navigate(&mut self, url: &Value) -> Result<(), Fault> {
        let url = url.as_str().unwrap_or_default();
        let next = Url::parse(url).map_err(|error| {
            Fault::new(Outcome::Forbidden, format!("{url:?} is no web address ({error})"))
        })?;
        if self.answer.is_none() && next == self.trail.here {
            // The turn was taken before the browser was started.
            return Ok(());
        }
        self.trail.move_to(next)?;
        self.permission.enter(&self.trail.here).await
    }

    fn may_load(&self, params: &Value) -> bool {
        let kind = params["resourceType"].as_str().unwrap_or_default();
        let url = params["request"]["url"].as_str().and_then(|url| Url::parse(url).ok());
        let within = |url: &Url| matches!(url.scheme(), "data" | "blob");
        let open = |url: &Url| within(url) || self.permission.is_open(url);
        NEEDED.contains(&kind) && kind != "Document" && url.is_some_and(|url| open(&url))
    }
}

fn answer(response: &Value) -> Answer {
    let mut headers = HeaderMap::new();
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_str(value.as_str().unwrap_or_default());
        // What is no header in HTTP/1 says nothing to us.
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let status = response["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    Answer { status: status.unwrap_or(0), headers }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
