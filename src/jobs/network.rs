//! Is it the site or is it us: tells an outage of our own network from sites that are down.
//!
//! One site that cannot be reached is down. Several sites that were well at their last visit and
//! cannot be reached one after the other, with no site answering in between, are not: the network
//! is. That is one state of the service, and no source is blamed for it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::model::source::SourceId;

/// So many sites of good health, silent one after the other, are an outage.
const SITES: usize = 3;
/// Pause before the first and before every later look at whether the network is back.
const FIRST_PROBE: Duration = Duration::from_secs(30);
const LONGEST_PROBE: Duration = Duration::from_mins(5);

/// What visits have seen of the network lately.
#[derive(Debug, Default)]
pub(crate) struct Network {
    state: Mutex<State>,
    records: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    /// Site → the source whose visit found it silent, since any site last answered.
    silent: BTreeMap<String, SourceId>,
    is_down: bool,
    probes: u32,
}

/// How a visit found its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It answered, whatever it said.
    Answering,
    /// It did not, and was well before.
    Silent,
    /// It did not, and had not at the last visit either.
    SilentAsBefore,
}

/// What a visit's end means for the network.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing: the visit counts as it is.
    None,
    /// It has just gone down; these sources were blamed wrongly.
    Down { blamed: Vec<SourceId> },
    /// It is still down: the visit says nothing about its source.
    StillDown,
    /// It is back.
    Back,
}

impl Network {
    /// Takes note of how a visit of `source` found `site`.
    pub(crate) fn saw(&self, source: &SourceId, site: &str, found: Found) -> News {
        let mut state = self.state();
        match found {
            Found::Answering => {
                let was_down = std::mem::take(&mut *state).is_down;
                if was_down { News::Back } else { News::None }
            }
            _ if state.is_down => {
                state.probes = state.probes.saturating_add(1);
                News::StillDown
            }
            // A site that has long been gone says nothing about us.
            Found::SilentAsBefore => News::None,
            Found::Silent => {
                state.silent.insert(site.to_owned(), source.clone());
                if state.silent.len() < SITES {
                    return News::None;
                }
                state.is_down = true;
                News::Down { blamed: std::mem::take(&mut state.silent).into_values().collect() }
            }
        }
    }

    /// Held from the moment a silent visit is judged until it is recorded: what an outage takes back
    /// must have been written.
    pub(crate) async fn recording(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.records.lock().await
    }

    /// It was down when an earlier run ended.
    pub(crate) fn recall(&self) {
        self.state().is_down = true;
    }

    pub(crate) fn is_down(&self) -> bool {
        self.state().is_down
    }

    /// How long to wait before the next attempt, while it is down.
    pub(crate) fn pause(&self) -> Duration {
        let factor = 2_u32.saturating_pow(self.state().probes);
        FIRST_PROBE.saturating_mul(factor).min(LONGEST_PROBE)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics under this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saw(network: &Network, site: &str, found: Found) -> News {
        network.saw(&SourceId(format!("int/{site}")), site, found)
    }

    #[test]
    fn three_healthy_sites_silent_in_a_row_are_an_outage() {
        let network = Network::default();
        assert_eq!(saw(&network, "a", Found::Silent), News::None);
        assert_eq!(saw(&network, "a", Found::Silent), News::None, "one site counts once");
        assert_eq!(saw(&network, "x", Found::SilentAsBefore), News::None);
        assert_eq!(saw(&network, "b", Found::Silent), News::None);
        let blamed = ["int/a", "int/b", "int/c"].map(|id| SourceId(id.to_owned())).to_vec();
        assert_eq!(saw(&network, "c", Found::Silent), News::Down { blamed });
        assert!(network.is_down());
        let pauses: Vec<Duration> = (0..40)
            .map(|_| {
                assert_eq!(saw(&network, "d", Found::Silent), News::StillDown);
                network.pause()
            })
            .collect();
        assert!(pauses.is_sorted() && FIRST_PROBE < pauses[0]);
        assert_eq!(pauses[39], LONGEST_PROBE);
        assert_eq!(saw(&network, "e", Found::Answering), News::Back);
        assert_eq!((network.is_down(), network.pause()), (false, FIRST_PROBE));
    }

    #[test]
    fn an_answer_in_between_clears_everybody() {
        let network = Network::default();
        for site in ["a", "b", "c", "d"] {
            assert_eq!(saw(&network, site, Found::Silent), News::None);
            assert_eq!(saw(&network, "well", Found::Answering), News::None);
        }
    }
}
