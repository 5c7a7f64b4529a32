//! What a commit needs to put an article into its story, and the updates for those who know the story.

use chrono::{DateTime, Utc};

use crate::digest::{self, Known, News, Reader};
use crate::jobs::crawl::Crawler;
use crate::model::act::Ahead;
use crate::model::judged::Judged;
use crate::model::source::{Source, SourceKind};
use crate::model::story::{StoryKeys, StorySoFar};
use crate::model::subscriber::Message;
use crate::store::{self, StoryRules};
use crate::stories::{self, Report};

/// How reports are put into stories.
pub(crate) const STORY_RULES: StoryRules =
    StoryRules { alike: stories::alike, place: stories::place };

/// What the story of an article is found by; none where it is not about sanctions: nobody reads such
/// stories, and their words would only make the others' common.
pub(crate) fn story_keys(judged: &Judged, now: DateTime<Utc>) -> Option<StoryKeys> {
    if !judged.verdict.relevant {
        return None;
    }
    let instruments: Vec<String> =
        judged.instruments.iter().map(|cited| cited.instrument.id.clone()).collect();
    let sure = judged.named.iter().filter(|found| found.is_sure());
    let parties: Vec<String> =
        sure.map(|found| format!("{} {}", found.issuer.name(), found.designation)).collect();
    let published = judged.article.published.map(|stamp| stamp.instant().min(now));
    Some(stories::keys(&Report {
        title: &judged.article.title,
        text: &judged.article.text(),
        at: Some(published.unwrap_or(now)),
        instruments: &instruments,
        parties: &parties,
    }))
}

impl Crawler {
    /// The story an article joins as things are now; none where it would begin one.
    pub(crate) async fn story_so_far(
        &self,
        keys: Option<&StoryKeys>,
        now: DateTime<Utc>,
    ) -> store::Result<Option<StorySoFar>> {
        let Some(keys) = keys else { return Ok(None) };
        self.store.story_so_far(keys.clone(), now, STORY_RULES).await
    }

    /// The messages for those who were told of the article's story before, if it adds to it. The
    /// commit decides anew whether it does, and takes these if it finds the same.
    pub(crate) async fn updates(
        &self,
        judged: &Judged,
        source: &Source,
        story: &StorySoFar,
        ahead: &[Ahead],
        now: DateTime<Utc>,
    ) -> store::Result<Vec<Message>> {
        let StorySoFar { id, said, tellings, told, .. } = story;
        let brings = said.brought_by(judged, source.kind == SourceKind::Government);
        if told.is_empty() || brings.is_empty() {
            return Ok(Vec::new());
        }
        let mut readers = Vec::new();
        for subscriber in self.store.subscribers().await? {
            if let Some(first) = told.get(&subscriber.id) {
                readers.push(Reader { alert: Some(first.clone()), subscriber });
            }
        }
        let known = Known {
            title: &judged.article.title,
            url: &judged.article.url,
            address: &judged.keys.address,
            language: judged.article.language.as_deref(),
        };
        let version = judged.keys.wording;
        let news = News::Added { story: *id, brings: &brings, tellings, ahead, version };
        Ok(digest::follow_ups(&known, &news, source, &readers, &self.letterhead(now)))
    }
}
