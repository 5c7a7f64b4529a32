//! Subscribes to the hubs that feeds name (W3C WebSub), so that news is known at once.
//!
//! A visit notes the hubs its feeds name, then asks for the subscriptions that are due: new ones,
//! and those whose lease nears its end. The hub verifies at our callback (`web::hooks`). A hub that
//! fails costs its source nothing: looks by rhythm or schedule go on in any case.

use crate::fetch::{Fault, Fetcher, FormField};
use crate::jobs::crawl::Crawler;
use crate::model::source::SourceId;
use crate::parse::listing::Hub;
use crate::store::{self, HubAsk, HubNamed};

/// The lease we ask for: ten days, in seconds. The hub decides.
const LEASE_ASKED: &str = "864000";

/// What one feed said of its hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubNews {
    /// The address of the feed.
    pub listing: String,
    /// The hub it names; none where it names none.
    pub hub: Option<Hub>,
}

impl Crawler {
    /// Notes what the feeds of `source` said of their hubs and subscribes where it is time.
    ///
    /// Does nothing where no address of ours is known (see [`Crawler::public_url`]).
    ///
    /// # Errors
    /// Only when the database fails; a hub that does not answer is asked again later.
    pub(crate) async fn subscribe(
        &self,
        source: &SourceId,
        news: Vec<HubNews>,
    ) -> store::Result<()> {
        let Some(public_url) = &self.public_url else { return Ok(()) };
        let now = self.clock.now();
        for HubNews { listing, hub } in news {
            let named = match hub.map(with_secrets).transpose() {
                Ok(named) => named,
                Err(error) => {
                    tracing::warn!(%error, "no random bytes from the system, so no subscription");
                    continue;
                }
            };
            self.store.note_hub(source.clone(), listing, named, now).await?;
        }
        for ask in self.store.claim_hub_asks(source.clone(), now).await? {
            match request(&self.fetcher, public_url, &ask).await {
                Ok(()) => tracing::info!(%source, hub = ask.hub, "asked the hub to send news"),
                Err(fault) => {
                    tracing::warn!(%source, hub = ask.hub, %fault, "the hub took no subscription");
                }
            }
        }
        Ok(())
    }
}

/// Sends one subscription request (WebSub § 5.1).
async fn request(fetcher: &Fetcher, public_url: &str, ask: &HubAsk) -> Result<(), Fault> {
    let callback = format!("{public_url}/websub/{}", ask.token);
    let form = [
        FormField { name: "hub.mode", value: "subscribe" },
        FormField { name: "hub.topic", value: &ask.topic },
        FormField { name: "hub.callback", value: &callback },
        FormField { name: "hub.secret", value: &ask.secret },
        FormField { name: "hub.lease_seconds", value: LEASE_ASKED },
    ];
    fetcher.post_form(&ask.hub, &form).await
}

fn with_secrets(Hub { url, topic }: Hub) -> Result<HubNamed, getrandom::Error> {
    Ok(HubNamed { hub: url, topic, token: random_hex()?, secret: random_hex()? })
}

/// 32 random bytes in hexadecimal.
fn random_hex() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
