//! What the first opinion of a passage's neighbourhood adds to its measures.

use crate::extract::features::{Row, Table, since, until};
use crate::extract::passages::Passage;
use crate::parse::dom::{Dom, NodeId};

/// A passage that is judged again, and its row among those measured before.
#[derive(Debug, Clone, Copy)]
pub(in crate::extract) struct Asked {
    pub(in crate::extract) at: usize,
    pub(in crate::extract) row: usize,
}

/// First opinions, summed over the tree and along the page.
pub(in crate::extract) struct Opinions<'p> {
    dom: &'p Dom,
    list: &'p [Passage],
    first: &'p [f32],
    /// Characters and characters × probability of each subtree.
    sums: Vec<(f32, f32)>,
    /// The same before each passage.
    before: Vec<(f32, f32)>,
    /// The subtree in which characters believed in outweigh the others by most.
    root: Option<NodeId>,
    last_sure: Vec<usize>,
    next_sure: Vec<usize>,
}

impl<'p> Opinions<'p> {
    /// `first` holds the probability of each passage, 0 to 1.
    pub(in crate::extract) fn of(dom: &'p Dom, list: &'p [Passage], first: &'p [f32]) -> Self {
        let mut sums = vec![(0.0, 0.0); dom.len()];
        let mut before = vec![(0.0, 0.0)];
        for (passage, p) in list.iter().zip(first) {
            let chars = passage.chars as f32;
            sums[passage.node.index()].0 += chars;
            sums[passage.node.index()].1 += chars * p;
            let last = before[before.len() - 1];
            before.push((last.0 + chars, last.1 + chars * p));
        }
        let mut root: Option<(NodeId, f32)> = None;
        for node in dom.iter().rev() {
            let (chars, believed) = sums[node.id().index()];
            if let Some(parent) = node.parent() {
                sums[parent.id().index()].0 += chars;
                sums[parent.id().index()].1 += believed;
            }
            let gain = 2.0 * believed - chars;
            if gain > 0.0 && root.is_none_or(|(_, most)| gain > most) {
                root = Some((node.id(), gain));
            }
        }
        let sure: Vec<bool> =
            list.iter().zip(first).map(|(passage, p)| *p > 0.6 && passage.chars > 60).collect();
        Opinions {
            dom,
            list,
            first,
            sums,
            before,
            root: root.map(|(node, _)| node),
            last_sure: since(sure.iter().copied()),
            next_sure: until(sure.iter().copied()),
        }
    }

    /// The rows of these passages with more columns, which tell of the first opinion of the
    /// neighbourhood.
    pub(in crate::extract) fn add_to(&self, rows: &Table, asked: &[Asked]) -> Table {
        let mut again = Table::default();
        for (number, Asked { at, row }) in asked.iter().enumerate() {
            if number == 0 {
                again.names.clone_from(&rows.names);
            }
            again.values.extend_from_slice(rows.row(*row));
            let naming = number == 0 && !rows.names.is_empty();
            self.put(&mut Row { table: &mut again, naming }, *at);
            if number == 0 {
                again.settle_width(asked.len());
            }
        }
        again
    }

    fn put(&self, row: &mut Row<'_>, at: usize) {
        row.put("first", self.first[at]);
        for (name, step) in [
            ("first -3", -3_isize),
            ("first -2", -2),
            ("first -1", -1),
            ("first +1", 1),
            ("first +2", 2),
            ("first +3", 3),
        ] {
            let other = at.checked_add_signed(step).and_then(|other| self.first.get(other));
            row.put(name, other.copied().unwrap_or(-1.0));
        }
        let node = self.dom.node(self.list[at].node);
        let ancestors = std::iter::successors(Some(node), |node| node.parent());
        let mut means = [-1.0_f32; 5];
        for (mean, ancestor) in means.iter_mut().zip(ancestors) {
            let (chars, believed) = self.sums[ancestor.id().index()];
            *mean = believed / chars.max(1.0);
        }
        for (name, mean) in ["first here", "first parent", "first up 2", "first up 3", "first up 4"]
            .iter()
            .zip(means)
        {
            row.put(name, mean);
        }
        row.flag("in first root", self.root.is_some_and(|root| self.dom.node(root).contains(node)));
        let climb = self.root.map_or(-1.0, |root| {
            let root = self.dom.node(root);
            let up = std::iter::successors(Some(node), |node| node.parent());
            up.take_while(|node| !node.contains(root) && *node != root).take(20).count() as f32
        });
        row.put("to first root", climb);
        let (all, believed) = self.before[self.list.len()];
        let (chars_before, believed_before) = self.before[at];
        row.put("believed before", believed_before / believed.max(1.0));
        row.put("believed share", believed / all.max(1.0));
        row.put("since sure", self.last_sure[at].min(50) as f32);
        row.put("until sure", self.next_sure[at].min(50) as f32);
        let gap = |from: usize| (chars_before - self.before[from].0).abs();
        let last = at.checked_sub(self.last_sure[at]).map_or(1e5, gap);
        row.put("chars since sure", (last + 1.0).ln());
        let window = |from: usize, to: usize| {
            let (a, b) = (self.before[from], self.before[to.min(self.list.len())]);
            (b.1 - a.1) / (b.0 - a.0).max(1.0)
        };
        row.put("first of 5 before", window(at.saturating_sub(5), at));
        row.put("first of 5 after", window(at + 1, at + 6));
        row.put("first of 15 before", window(at.saturating_sub(15), at));
        row.put("first of 15 after", window((at + 1).min(self.list.len()), at + 16));
    }
}
