//! The pure steps between a clean article and the store, in order.

use crate::classify;
use crate::dedupe;
use crate::model::article::Article;
use crate::model::judged::Judged;

/// What the pure middle knows of an article that lives at `address` (see `parse::address::key`).
pub fn judge(address: String, article: Article) -> Judged {
    let keys = dedupe::keys(address, &article);
    let verdict = classify::verdict(&article.title, &article.text(), article.language.as_deref());
    Judged { article, keys, verdict }
}
