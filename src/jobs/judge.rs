//! The pure steps between a clean article and the store, in order.

use crate::classify::{Looked, Opinion, weights};
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
    let looked = Looked::at(&article.title, &text, language);
    let Opinion { verdict, instruments } = looked.opinion(weights::shipped());
    let facts = if verdict.relevant { looked.facts(article.published) } else { Facts::default() };
    let named = names.matches(&article.title, &text, || verdict.relevant);
    Judged { article, keys, verdict, instruments, facts, named }
}
