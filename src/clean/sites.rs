//! What sites repeat, learnt from articles read before.

use std::collections::HashMap;

use crate::model::article::{Article, SiteMemory};

/// The lines of the documents of many hosts.
#[derive(Debug, Clone, Default)]
pub struct Sites {
    hosts: HashMap<String, Host>,
    /// For each line, on how many hosts it stands.
    spread: HashMap<u64, u32>,
}

#[derive(Debug, Clone, Default)]
struct Host {
    /// Lines by the address of their document.
    documents: HashMap<String, Vec<u64>>,
    /// For each line, how many documents bear it.
    counts: HashMap<u64, u32>,
}

impl Sites {
    /// Remembers the lines of an article found at `url`; a second time at the same address
    /// changes nothing.
    pub fn learn(&mut self, url: &str, article: &Article) {
        let host = self.hosts.entry(host(url)).or_default();
        if host.documents.contains_key(url) {
            return;
        }
        for line in &article.lines {
            let count = host.counts.entry(*line).or_insert(0);
            *count += 1;
            if *count == 1 {
                *self.spread.entry(*line).or_insert(0) += 1;
            }
        }
        host.documents.insert(url.to_owned(), article.lines.clone());
    }

    /// What the other documents of the host of `url` say; the document itself does not count.
    pub fn memory(&self, url: &str) -> SiteMemory {
        let Some(host) = self.hosts.get(&host(url)) else { return SiteMemory::default() };
        let mut memory = SiteMemory { on_host: host.counts.clone(), ..SiteMemory::default() };
        for line in host.documents.get(url).into_iter().flatten() {
            if let Some(count) = memory.on_host.get_mut(line) {
                *count -= 1;
            }
        }
        memory.on_host.retain(|_, count| *count > 0);
        memory.elsewhere =
            memory.on_host.keys().filter(|line| self.spread[*line] > 1).copied().collect();
        memory
    }
}

/// The host of an address without `www.`, lower case; the whole text where it is no address.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest).to_ascii_lowercase();
    host.strip_prefix("www.").map(str::to_owned).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use crate::clean::sites::Sites;
    use crate::model::article::{About, Article};

    fn article(lines: &[u64]) -> Article {
        Article {
            url: String::new(),
            title: String::new(),
            byline: Vec::new(),
            published: None,
            modified: None,
            language: None,
            site: None,
            blocks: Vec::new(),
            removed: Vec::new(),
            lines: lines.to_vec(),
            incomplete: false,
            about: About::default(),
        }
    }

    #[test]
    fn a_document_does_not_count_for_itself() {
        let mut sites = Sites::default();
        sites.learn("https://www.a.example/1", &article(&[1, 2]));
        sites.learn("https://a.example/2", &article(&[1, 3]));
        sites.learn("https://a.example/2", &article(&[1, 3]));
        sites.learn("https://b.example/1", &article(&[3, 4]));
        let memory = sites.memory("https://a.example/2");
        assert_eq!(memory.on_host.into_iter().collect::<Vec<_>>().len(), 2);
        assert_eq!(sites.memory("https://a.example/2").on_host.get(&1), Some(&1));
        assert_eq!(sites.memory("https://a.example/2").on_host.get(&3), None);
        let unseen = sites.memory("https://a.example/9");
        assert_eq!(unseen.on_host.get(&1), Some(&2));
        assert!(unseen.elsewhere.contains(&3) && !unseen.elsewhere.contains(&1));
        assert!(sites.memory("https://c.example/").on_host.is_empty());
    }
}
