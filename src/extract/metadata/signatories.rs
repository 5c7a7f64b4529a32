//! Who signs is a person or a body: by what the page's data says and by the words of the name.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::Value;

use crate::extract::metadata::byline::is_site;
use crate::extract::metadata::head::Head;
use crate::extract::metadata::likeness::skeleton;
use crate::extract::metadata::linked_data::{self, Object};
use crate::model::article::Signatory;
use crate::text::agencies;
use crate::text::fold::fold;
use crate::text::words::is_spaceless;

/// An abbreviation that stands for a name has at most so many letters: "OFAC", not "JAMES SMITH".
const ABBREVIATION: usize = 5;

/// Bytes before the ending of a word that say more than the ending: 外務省 has them, the family name
/// 渡部 has not.
const STEM: usize = 3;

/// What each of these names is, in order. The site's names are skeletons.
///
/// A page's data is believed where it says "organisation". Where it says "person" the name may still
/// be a newsroom's or an agency's, since many sites have no other place for them.
pub(crate) fn of(names: &[String], head: &Head<'_>, site_names: &[String]) -> Vec<Signatory> {
    let bodies = bodies(head);
    let of = |name: &String| match bodies.contains(&skeleton(name)) || is_site(name, site_names) {
        true => Signatory::Organisation,
        false => by_name(name),
    };
    names.iter().map(of).collect()
}

/// What a name is by its words alone.
fn by_name(name: &str) -> Signatory {
    let folded = fold(name);
    let words: Vec<&str> = folded.split(' ').collect();
    if agencies::is_one(&folded)
        || is_abbreviation(name)
        || name.starts_with("The ")
        || has_address(name)
        || WORDS.any_in(&folded, &words)
    {
        Signatory::Organisation
    } else {
        Signatory::Person
    }
}

/// One word of capitals.
fn is_abbreviation(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    (2..=ABBREVIATION).contains(&letters)
        && !name.contains(char::is_whitespace)
        && name.chars().all(|c| c.is_uppercase() || !c.is_alphabetic())
}

/// `Example.com`: a site signs with its address.
fn has_address(name: &str) -> bool {
    name.split_whitespace().any(|word| {
        word.rsplit_once('.').is_some_and(|(host, domain)| {
            host.len() > 2
                && (2..=4).contains(&domain.len())
                && domain.bytes().all(|byte| byte.is_ascii_lowercase())
        })
    })
}

/// Skeletons of the names that JSON-LD gives to bodies and to no person.
fn bodies(head: &Head<'_>) -> HashSet<String> {
    let mut bodies = HashSet::new();
    let fields = ["author", "creator", "publisher", "sourceOrganization"];
    let article = head.article();
    let mut waiting: Vec<&Value> =
        fields.iter().filter_map(|field| article.and_then(|article| article.get(*field))).collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items.iter().take(100)),
            Value::Object(object) => bodies.extend(body_named(head, object)),
            _ => {}
        }
    }
    bodies
}

fn body_named(head: &Head<'_>, object: &Object) -> Option<String> {
    let object = head.linked_data.resolve(object);
    let is = |ending: &'static str| linked_data::kinds(object).any(|kind| kind.ends_with(ending));
    let says_body = is("Organization") || is("Corporation") || is("GovernmentOffice");
    let name = linked_data::text(object, "name")?;
    // Some plugins call every author both.
    (says_body && !is("Person")).then(|| skeleton(name)).filter(|name| !name.is_empty())
}

/// Words of the names of bodies, folded.
struct Words {
    whole: HashSet<String>,
    endings: Vec<String>,
    /// Of scripts without spaces.
    within: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words { whole: HashSet::new(), endings: Vec::new(), within: Vec::new() };
    let rows = include_str!("organisations.txt").lines().filter(|line| !line.starts_with('#'));
    for row in rows.filter_map(|line| line.split_once(": ")) {
        for word in row.1.split(", ") {
            match word.strip_prefix('-') {
                Some(ending) => words.endings.push(fold(ending)),
                None if !word.chars().all(is_unspaced) => _ = words.whole.insert(fold(word)),
                None if word.chars().nth(1).is_none() => words.endings.push(fold(word)),
                None => words.within.push(fold(word)),
            }
        }
    }
    words
});

/// Letters of scripts whose words one cannot tell apart by spaces alone; Korean writes its endings on.
fn is_unspaced(c: char) -> bool {
    is_spaceless(c) || ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

impl Words {
    fn any_in(&self, folded: &str, words: &[&str]) -> bool {
        let is_body = |word: &&str| {
            self.whole.contains(*word)
                || self.endings.iter().any(|ending| {
                    word.len() > ending.len() + STEM && word.ends_with(ending.as_str())
                })
        };
        words.iter().any(is_body) || self.within.iter().any(|part| folded.contains(part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::metadata::signatories::{WORDS, by_name};
    use crate::model::article::Signatory;

    #[test]
    fn every_row_is_of_single_words() {
        let all = WORDS.whole.iter().chain(&WORDS.endings).chain(&WORDS.within);
        for word in all {
            assert!(!word.is_empty() && !word.contains(' '), "{word}");
        }
        assert!(!WORDS.endings.is_empty() && !WORDS.within.is_empty());
    }

    #[test]
    fn newsrooms_and_persons_are_told_apart() {
        let bodies = [
            "Reuters",
            "Reuters Staff",
            "Agence France-Presse",
            "dpa",
            "The Associated Press",
            "BBC News",
            "OFAC",
            "Example.com",
            "Office of Foreign Assets Control",
            "HM Treasury",
            "Bundesministerium der Finanzen",
            "Lokalredaktion",
            "La rédaction",
            "Redacción",
            "Consiglio dell'Unione europea",
            "Ministério das Relações Exteriores",
            "Redactie Buitenland",
            "Redakcja",
            "Министерство финансов",
            "Редакція",
            "新华社",
            "本报编辑部",
            "読売新聞",
            "연합뉴스",
            "وكالة الأنباء",
            "خبرگزاری مهر",
            "Anadolu Ajansı",
        ];
        for name in bodies {
            assert_eq!(by_name(name), Signatory::Organisation, "{name}");
        }
        let persons = [
            "Anna Beispiel",
            "J. P. Example",
            "ANNA BEISPIEL",
            "Jean-Luc de La Tour",
            "Анна Примерова",
            "张三",
            "山田太郎",
            "김철수",
            "سعاد مثال",
            "Ayşe Örnek",
            "Maria do Carmo Exemplo",
            "Zoë Post",
            "Ángel Banco",
            "Efe Örnek",
            "渡部花子",
            "Thế Anh",
        ];
        for name in persons {
            assert_eq!(by_name(name), Signatory::Person, "{name}");
        }
    }
}
