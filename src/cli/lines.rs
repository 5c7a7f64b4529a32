//! JSON lines in, JSON lines out, in the same order: the contract all stage commands share.

use std::any::Any;
use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::Exit;

/// Lines answered together before any is written: enough to keep every core busy.
const BATCH: usize = 64;
/// A batch also ends at this many bytes, so that memory stays bounded.
const BATCH_BYTES: usize = 32 << 20;
/// Bytes read ahead: what a pipe holds, several times over.
const INPUT_BUFFER: usize = 1 << 20;

/// Answers standard input on standard output.
///
/// # Errors
/// As [`answer`]; and at a terminal, where nobody types JSON lines.
pub(crate) fn answer_standard_input<Question, Answer>(
    work: impl Fn(Question) -> anyhow::Result<Answer> + Sync,
) -> anyhow::Result<Exit>
where
    Question: DeserializeOwned,
    Answer: Serialize + Send,
{
    let input = io::stdin();
    if input.is_terminal() {
        bail!("nothing to read: pipe in JSON lines, one object a line; --help shows their form");
    }
    answer(input.lock(), io::stdout().lock(), work)
}

/// Answers standard input on standard output one line after the other, for work that remembers what
/// came before; then writes what `end` has to say.
///
/// # Errors
/// As [`answer_standard_input`].
pub(crate) fn answer_in_order<State, Question, Answer, Ending>(
    mut state: State,
    work: impl Fn(&mut State, Question) -> anyhow::Result<Answer>,
    end: impl FnOnce(State) -> Ending,
) -> anyhow::Result<Exit>
where
    Question: DeserializeOwned,
    Answer: Serialize,
    Ending: Serialize,
{
    let input = io::stdin();
    if input.is_terminal() {
        bail!("nothing to read: pipe in JSON lines, one object a line; --help shows their form");
    }
    let mut input = BufReader::with_capacity(INPUT_BUFFER, input.lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let mut exit = Exit::Done;
    loop {
        let batch = read_batch(&mut input)?;
        if batch.is_empty() {
            break;
        }
        for line in batch {
            let cell = RefCell::new(&mut state);
            let answered = answer_line(&line, &|question| work(&mut cell.borrow_mut(), question));
            if answered.failed {
                exit = Exit::Partly;
            }
            writeln!(output, "{}", answered.line).context("cannot write the answers")?;
        }
        output.flush().context("cannot write the answers")?;
    }
    let ending = serde_json::to_string(&end(state)).context("cannot write the ending")?;
    writeln!(output, "{ending}").context("cannot write the answers")?;
    output.flush().context("cannot write the answers")?;
    Ok(exit)
}

/// Answers every line of `input` on `output`.
///
/// Each line is an object with an `"id"`; its answer is `work`'s, or `{"id":…,"error":…}` where
/// the line is not what `work` takes, `work` fails, or `work` panics. The other lines go on.
///
/// # Errors
/// Only when `input` cannot be read or `output` cannot be written.
fn answer<Question, Answer>(
    input: impl Read,
    output: impl Write,
    work: impl Fn(Question) -> anyhow::Result<Answer> + Sync,
) -> anyhow::Result<Exit>
where
    Question: DeserializeOwned,
    Answer: Serialize + Send,
{
    let mut input = BufReader::with_capacity(INPUT_BUFFER, input);
    let mut output = BufWriter::new(output);
    let mut exit = Exit::Done;
    loop {
        let batch = read_batch(&mut input)?;
        if batch.is_empty() {
            break;
        }
        for answered in in_parallel(&batch, |line| answer_line(line, &work)) {
            if answered.failed {
                exit = Exit::Partly;
            }
            writeln!(output, "{}", answered.line).context("cannot write the answers")?;
        }
        output.flush().context("cannot write the answers")?;
    }
    Ok(exit)
}

/// One line of output, and whether it carries an error.
struct Answered {
    line: String,
    failed: bool,
}

/// The lines that are at hand, at least one unless the input is at its end: whoever writes one
/// line and waits for its answer gets it.
fn read_batch(input: &mut BufReader<impl Read>) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line).context("cannot read standard input")? == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        bytes += line.len();
        batch.push(line);
        if input.buffer().is_empty() {
            break;
        }
    }
    Ok(batch)
}

fn answer_line<Question: DeserializeOwned, Answer: Serialize>(
    line: &[u8],
    work: &impl Fn(Question) -> anyhow::Result<Answer>,
) -> Answered {
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => return error_line(&Value::Null, &format!("not a JSON line: {error}")),
    };
    let id = value.get("id").cloned().unwrap_or(Value::Null);
    let question = match serde_json::from_value(value) {
        Ok(question) => question,
        Err(error) => return error_line(&id, &error.to_string()),
    };
    // A page that makes a stage panic is one bad line, not the end of the run.
    match catch_unwind(AssertUnwindSafe(|| work(question))) {
        Ok(Ok(answer)) => match serde_json::to_string(&answer) {
            Ok(line) => Answered { line, failed: false },
            Err(error) => error_line(&id, &error.to_string()),
        },
        Ok(Err(error)) => error_line(&id, &format!("{error:#}")),
        Err(panic) => error_line(&id, &format!("internal error: {}", panic_text(&*panic))),
    }
}

fn error_line(id: &Value, error: &str) -> Answered {
    Answered { line: serde_json::json!({ "id": id, "error": error }).to_string(), failed: true }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

/// Maps `work` over `items` on every core; the results keep the order of the items.
fn in_parallel<Item: Sync, Output: Send>(
    items: &[Item],
    work: impl Fn(&Item) -> Output + Sync,
) -> Vec<Output> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Output)>> = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let output = work(item);
                    done.lock()
                        .expect("no worker panics while it holds the lock")
                        .push((index, output));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no worker panics while it holds the lock");
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, output)| output).collect()
}
