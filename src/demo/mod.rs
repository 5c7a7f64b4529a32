//! A bundled newsroom on loopback, and the real pipeline run against it.

mod press;

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};

pub use crate::demo::press::Origins;
use crate::web::newsroom::{Newsroom, Site, Stand};

/// The open newsroom and where it answers.
#[derive(Debug)]
pub struct Opened {
    pub newsroom: Newsroom,
    pub origins: Origins,
    /// Source files that watch it: path below the catalogue to text.
    pub sources: BTreeMap<String, String>,
}

/// Opens the three bundled sites, their texts dated back from `now`.
///
/// # Errors
/// When the system has no port to give.
pub async fn open_newsroom(now: DateTime<Utc>) -> anyhow::Result<Opened> {
    let stand = async || Stand::take().await.context("cannot open a port on 127.0.0.1");
    let (ledger, courier, office) = (stand().await?, stand().await?, stand().await?);
    let origins = Origins {
        ledger: ledger.origin().to_owned(),
        courier: courier.origin().to_owned(),
        office: office.origin().to_owned(),
    };
    let newsroom = Newsroom::open(vec![
        Site { stand: ledger, editions: press::ledger(&origins, now) },
        Site { stand: courier, editions: press::courier(&origins, now) },
        Site { stand: office, editions: press::office(&origins, now) },
    ]);
    let sources = press::sources(&origins);
    Ok(Opened { newsroom, origins, sources })
}
