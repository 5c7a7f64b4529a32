//! The pure steps between a clean article and the store, in order.

use crate::classify;
use crate::dedupe;
use crate::model::article::Article;
use crate::model::judged::Judged;
use crate::screen::Index;

/// What the pure middle knows of an article that lives at `address` (see `parse::address::key`);
/// `names` are the listed parties to look for.
pub fn judge(address: String, article: Article, names: &Index) -> Judged {
    let keys = dedupe::keys(address, &article);
    let text = article.text();
    let verdict = classify::verdict(&article.title, &text, article.language.as_deref());
    let named = names.matches(&article.title, &text, || verdict.relevant);
    Judged { article, keys, verdict, named }
}
