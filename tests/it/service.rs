//! `run` as systemd sees it: ready, at work, stopping in order on SIGTERM.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sanctionwatch::store::Store;

use crate::support::web::Web;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_says_when_it_is_ready_works_and_stops_in_order() {
    let web = Web::start().await;
    web.feed(
        "/feed",
        format!(
            "<rss version=\"2.0\"><channel><title>t</title><item><title>EU adds banks to its sanctions \
             list</title><link>{}</link></item></channel></rss>",
            web.url("/article")
        ),
    );
    web.page(
        "/article",
        "text/html",
        "<html lang=en><head><title>EU adds banks to its sanctions list</title></head><body><article>\
         <h1>EU adds banks to its sanctions list</h1><p>The Council of the European Union imposed \
         restrictive measures on four banks on Monday and ordered an asset freeze, saying they had \
         helped to circumvent the sanctions against the government.</p><p>The banks have two months \
         to appeal, and their clients were told to move their savings by the end of May.</p></article>\
         </body></html>",
    );
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), &web);
    let added = command(&settings, &["subscriber", "add", "ada@example.org"]).status().unwrap();
    assert!(added.success());
    let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut service = command(&settings, &["run"])
        .env("NOTIFY_SOCKET", folder.path().join("notify"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert_eq!(said(&socket), "READY=1");
    wait_until(|| mails(&folder.path().join("state")) == 1, &mut service);

    // A second one keeps its hands off the database, and says why.
    let second = command(&settings, &["run"]).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    let complaint = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(complaint.contains("another sanctionwatch is crawling"), "{complaint}");

    let killed = Command::new("kill").arg(service.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert_eq!(said(&socket), "STOPPING=1");
    let output = service.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    assert!(log.contains("stopped") && !log.contains("ada@example.org"), "{log}");
    let store = Store::open(&folder.path().join("state/sanctionwatch.db")).unwrap();
    let outbox = store.outbox().await.unwrap();
    assert_eq!((outbox.sent, outbox.waiting), (1, 0));
}

fn settings(folder: &Path, web: &Web) -> std::path::PathBuf {
    let selectors = folder.join("selectors/int");
    fs::create_dir_all(&selectors).unwrap();
    let source = format!(
        "title = \"A feed\"\nkind = \"news\"\ncountry = \"int\"\nlanguage = \"en\"\n\
         [[listing]]\nkind = \"feed\"\nurl = \"{}\"\n[expectation]\ndated = false\n",
        web.url("/feed")
    );
    fs::write(selectors.join("feed.toml"), source).unwrap();
    let settings = "state = \"state\"\n\
         [fetch]\ndelay = \"0s\"\nallow_private = [\"127.0.0.1\"]\n\
         [crawl]\nselectors = \"selectors\"\ncatalogue = false\n";
    let file = folder.join("settings.toml");
    fs::write(&file, settings).unwrap();
    file
}

fn command(settings: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanctionwatch"));
    command.args(arguments).arg("--config").arg(settings).stdout(Stdio::null());
    command
}

fn said(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 256];
    let length = socket.recv(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).trim().to_owned()
}

fn mails(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| match path.is_dir() {
            true => mails(&path),
            false => usize::from(path.extension().is_some_and(|ending| ending == "eml")),
        })
        .sum()
}

fn wait_until(done: impl Fn() -> bool, service: &mut Child) {
    let start = Instant::now();
    while !done() {
        assert!(service.try_wait().unwrap().is_none(), "the service ended early");
        assert!(start.elapsed() < PATIENCE, "the service does not come to an end with it");
        std::thread::sleep(Duration::from_millis(20));
    }
}
