//! The command line: one file per command, one enum that lists them.

mod backup;
mod check;
mod crawl;
mod demo;
mod digest;
mod group;
mod history;
mod feedback;
mod judge;
mod lines;
mod links;
mod list;
mod list_files;
mod logging;
mod manual;
mod read;
mod restore;
mod run;
mod screen;
mod search;
mod setup;
mod source;
mod story;
mod subscriber;
mod visits;
mod why;

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;
use clap::{Parser, Subcommand};

/// Watches news and government pages for sanctions, and mails what it finds.
#[derive(Debug, Parser)]
#[command(name = "sanctionwatch", version, styles = STYLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Every command, in the order a newcomer meets them.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Crawl(crawl::Args),
    Run(run::Args),
    Search(search::Args),
    History(history::Args),
    Feedback(feedback::Args),
    Subscriber(subscriber::Args),
    Why(why::Args),
    Digest(digest::Args),
    Story(story::Args),
    Source(source::Args),
    List(list::Args),
    Check(check::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Read(read::Args),
    Links(links::Args),
    Judge(judge::Args),
    Group(group::Args),
    Screen(screen::Args),
    Manual(manual::Args),
}

/// How a command ended, as a script sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done: 0.
    Done,
    /// The command ran, but a part failed (a source, a line, a check): 1.
    Partly,
    /// Nothing could be done (bad arguments, settings, database): 2.
    Failed,
}

const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Green.on_default());

/// Parses the arguments, runs the command, prints its error, and says how it went.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Crawl(args) => crawl::run(args),
        Command::Run(args) => run::run(args),
        Command::Search(args) => search::run(args),
        Command::History(args) => history::run(args),
        Command::Feedback(args) => feedback::run(args),
        Command::Subscriber(args) => subscriber::run(args),
        Command::Why(args) => why::run(args),
        Command::Digest(args) => digest::run(args),
        Command::Story(args) => story::run(args),
        Command::Source(args) => source::run(args),
        Command::List(args) => list::run(args),
        Command::Check(args) => check::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(args),
        Command::Read(args) => read::run(args),
        Command::Links(args) => links::run(args),
        Command::Judge(args) => judge::run(args),
        Command::Group(args) => group::run(&args),
        Command::Screen(args) => screen::run(args),
        Command::Manual(args) => manual::run(args),
    };
    let exit = result.unwrap_or_else(|error| {
        anstream::eprintln!("sanctionwatch: {error:#}");
        Exit::Failed
    });
    ExitCode::from(match exit {
        Exit::Done => 0,
        Exit::Partly => 1,
        Exit::Failed => 2,
    })
}

#[cfg(test)]
#[path = "../../tests/it/support/shell_lines.rs"]
mod shell_lines;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::{CommandFactory, Parser};

    use super::{Cli, shell_lines};

    #[test]
    fn the_table_of_commands_is_sound() {
        Cli::command().debug_assert();
    }

    /// Every command of README and docs against the table a person meets.
    #[test]
    fn every_command_the_documents_show_is_one() {
        let shown = shell_lines::shown(Path::new(env!("CARGO_MANIFEST_DIR")));
        assert!(15 < shown.len(), "only {} found", shown.len());
        let mut wrong = Vec::new();
        for shell_lines::Shown { place, line, words } in shown {
            let words = words.iter().map(String::as_str);
            if let Err(error) = Cli::try_parse_from(["sanctionwatch"].into_iter().chain(words)) {
                wrong.push(format!("{place}: {line}\n{error}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
