//! The pure steps between a clean article and the store, in order.

use crate::classify::{self, Opinion, weights};
use crate::dedupe;
use crate::model::article::Article;
use crate::model::facts::Facts;
use crate::model::judged::Judged;
use crate::screen::Index;

/// What the pure middle knows of an article that lives at `address` (see `parse::address::key`);
/// `names` are the listed parties to look for.
pub fn judge(address: String, article: Article, names: &Index) -> Judged {
    let keys = dedupe::keys(address, &article);
    let text = article.text();
    let language = article.language.as_deref();
    let Opinion { verdict, instruments } =
        classify::opinion(weights::shipped(), &article.title, &text, language);
    let facts = if verdict.relevant {
        classify::facts(&article.title, &text, language, article.published)
    } else {
        Facts::default()
    };
    let named = names.matches(&article.title, &text, || verdict.relevant);
    Judged { article, keys, verdict, instruments, facts, named }
}
