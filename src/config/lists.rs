//! Files of official lists: the one that ships, and the operator's own in the same form.

use std::collections::BTreeMap;
use std::path::Path;

use crate::lists::{Bounds, Format, ListSource, Location};
use crate::parse::selector::Selector;
use crate::written::{Document, Mistake, Table, Written, meant};

const SHIPPED: &str = include_str!("../../lists/official.toml");

/// A list with what only the choice of lists needs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offered {
    pub(crate) list: ListSource,
    /// Fetched where the settings name no lists.
    pub(crate) usual: bool,
}

/// The lists that ship, and those of `own` in their place or beside them, by id.
///
/// # Errors
/// Every mistake in the operator's file.
pub(crate) fn offered(own: Option<&Path>) -> Result<Vec<Offered>, Vec<Mistake>> {
    let shipped = read("lists/official.toml", SHIPPED).expect("a test reads the shipped file");
    let own = match own {
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| {
                let text = format!("cannot be read ({error}); check path and permissions");
                vec![Mistake::of_file(name.clone(), text)]
            })?;
            read(&name, &text)?
        }
        None => Vec::new(),
    };
    let by_id = |offered: Offered| (offered.list.id.clone(), offered);
    let all: BTreeMap<String, Offered> = shipped.into_iter().chain(own).map(by_id).collect();
    Ok(all.into_values().collect())
}

/// The lists of one file.
pub(crate) fn read(name: &str, text: &str) -> Result<Vec<Offered>, Vec<Mistake>> {
    let document = Document::new(name, text);
    let lists = document.root().map(|mut root| {
        let lists: Vec<Option<Offered>> = root.tables("list").into_iter().map(list).collect();
        root.close();
        lists
    });
    let mistakes = document.into_mistakes();
    match lists {
        Some(lists) if mistakes.is_empty() => Ok(lists.into_iter().flatten().collect()),
        _ => Err(mistakes),
    }
}

fn list(mut table: Table<'_>) -> Option<Offered> {
    table.require("id", "its short name, such as id = \"ofac-sdn\"");
    table.require("format", "how its files are written, such as format = \"un-xml\"");
    table.require("minimum", "the fewest parties of a whole edition, such as minimum = 750");
    let id = id(&mut table);
    let title = table.text("title").map(|title| title.value);
    let format = format(&mut table);
    let location = location(&mut table);
    let minimum = table.whole("minimum", 1..=100_000_000);
    let shrink = table.whole("shrink", 0..=100).unwrap_or(5);
    let body_limit = table.size("body_limit").map_or(64 << 20, |size| size.value);
    let every = table.duration("every").map_or(std::time::Duration::from_hours(4), |it| it.value);
    let usual = table.truth("sync").unwrap_or(true);
    table.close();
    let id = id?;
    Some(Offered {
        list: ListSource {
            title: title.unwrap_or_else(|| id.clone()),
            id,
            format: format?,
            location: location?,
            bounds: Bounds { minimum: usize::try_from(minimum?).ok()?, shrink: shrink as f64 },
            body_limit: usize::try_from(body_limit).ok()?,
            // A list that is due at once again would never leave its server alone.
            every: every.max(std::time::Duration::from_mins(1)),
        },
        usual,
    })
}

fn id(table: &mut Table<'_>) -> Option<String> {
    let Written { value, place } = table.text("id")?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !value.chars().all(allowed) {
        table.mistake_at(&place, format!("id is {value:?}; write it with a-z, 0-9 and - only"));
    }
    Some(value)
}

fn format(table: &mut Table<'_>) -> Option<Format> {
    let Written { value, place } = table.text("format")?;
    let format = Format::named(&value);
    if format.is_none() {
        let remedy = meant(&value, &Format::names());
        table.mistake_at(&place, format!("format is {value:?}; {remedy}"));
    }
    format
}

fn location(table: &mut Table<'_>) -> Option<Location> {
    let files = table.texts("files");
    let page = table.text("page");
    let link = table.text("link");
    for Written { value, place } in files.iter().chain(&page) {
        if !value.starts_with("https://") && !value.starts_with("http://") {
            let text = format!("{value:?} is no web address; write https://example.org/list.xml");
            table.mistake_at(place, text);
        }
    }
    if let Some(Written { value, place }) = &link
        && let Err(error) = Selector::parse(value)
    {
        table.mistake_at(place, format!("link is {value:?}, which is no selector: {error}"));
    }
    match (files.is_empty(), page, link) {
        (false, None, None) => {
            Some(Location::Files(files.into_iter().map(|file| file.value).collect()))
        }
        (true, Some(page), Some(link)) => {
            Some(Location::Page { url: page.value, selector: link.value })
        }
        _ => {
            table.mistake("write either files = [\"https://…\"], or page and link together");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_has_no_mistakes_and_no_id_twice() {
        let shipped = read("official.toml", SHIPPED).unwrap();
        let mut ids: Vec<_> = shipped.iter().map(|offered| &offered.list.id).collect();
        assert!(5 < ids.len());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), shipped.len());
        assert!(shipped.iter().all(|it| 0.0 < it.list.bounds.shrink && it.list.body_limit > 0));
    }

    #[test]
    fn mistakes_name_the_place_and_the_remedy() {
        let whole = "[[list]]\nid = \"a\"\nformat = \"un-xml\"\nminimum = 5\nfiles = [\"https://e.org/x\"]\n";
        assert_eq!(read("own.toml", whole).unwrap().len(), 1);
        let cases = [
            ("id = \"a\"", "id = \"A b\"", "write it with a-z"),
            ("un-xml", "un-xlm", "un-xml"),
            ("minimum = 5\n", "", "the fewest parties"),
            ("https://e.org/x", "ftp://e.org/x", "is no web address"),
            ("files = [\"https://e.org/x\"]\n", "", "write either files"),
            ("files", "fils", "fils"),
            (
                "files = [\"https://e.org/x\"]\n",
                "page = \"https://e.org\"\nlink = \"a[\"\n",
                "no selector",
            ),
        ];
        for (part, other, expected) in cases {
            let mistakes = read("own.toml", &whole.replace(part, other)).unwrap_err();
            let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            assert!(told.iter().any(|it| it.contains(expected)), "{told:?} lacks {expected}");
        }
    }
}
