//! Postfix on loopback, with a queue of its own, so that it disturbs no other. It takes a mail for
//! anybody and puts all of them into one maildir; readers whose name begins with "gone" do not exist.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

const SERVICES: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";

/// The running server; it stops when dropped.
pub(crate) struct Postfix {
    pub(crate) port: u16,
    folder: tempfile::TempDir,
    child: Child,
}

impl Postfix {
    /// Starts it; mails for `watch.example` go to the LMTP server at port `returns`. None where Postfix
    /// is not installed or may not be started by us.
    pub(crate) fn start(returns: u16) -> Option<Self> {
        let id = |args: &[&str]| -> Option<u32> {
            let output = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        let (postfix, nobody) = (id(&["-u", "postfix"])?, id(&["-u", "nobody"])?);
        let installed = Command::new("postconf").arg("mail_version").stdout(Stdio::null()).status();
        if id(&["-u"])? != 0 || !installed.is_ok_and(|status| status.success()) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        for (name, owner) in [("queue", 0), ("data", postfix), ("mails", nobody)] {
            fs::create_dir(path.join(name)).unwrap();
            chown(path.join(name), Some(owner), None).unwrap();
        }
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        fs::write(path.join("main.cf"), main_cf(path, nobody, returns)).unwrap();
        let listens = format!("127.0.0.1:{port} inet n - n - 100 smtpd\n");
        fs::write(path.join("master.cf"), listens + SERVICES).unwrap();
        fs::write(path.join("users"), "if !/^gone/\n/./ inbox/\nendif\n").unwrap();
        let child = Command::new("postfix")
            .arg("-c")
            .arg(path)
            .arg("start-fg")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { port, folder, child };
        let began = Instant::now();
        while !server.greets() {
            assert!(server.child.try_wait().unwrap().is_none(), "{}", server.log());
            assert!(began.elapsed() < PATIENCE, "{}", server.log());
            sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    fn greets(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        stream.write_all(b"QUIT\r\n").is_ok()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The mails delivered, once nothing is left in the queue.
    pub(crate) fn delivered(&self) -> Vec<PathBuf> {
        let began = Instant::now();
        let parts = ["maildrop", "incoming", "active", "deferred"];
        while parts.iter().any(|part| 0 < self.queued(part)) {
            assert!(began.elapsed() < 10 * PATIENCE, "the queue does not empty\n{}", self.log());
            sleep(Duration::from_millis(50));
        }
        let inbox = self.folder.path().join("mails/inbox/new");
        let Ok(entries) = fs::read_dir(inbox) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn queued(&self, part: &str) -> usize {
        files_below(&self.folder.path().join("queue").join(part))
    }
}

fn files_below(folder: &Path) -> usize {
    // Files come and go while they are counted.
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let count = |path: PathBuf| if path.is_dir() { files_below(&path) } else { 1 };
    entries.flatten().map(|entry| count(entry.path())).sum()
}

fn main_cf(folder: &Path, nobody: u32, returns: u16) -> String {
    let folder = folder.display();
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {folder}/queue\n\
         data_directory = {folder}/data\n\
         command_directory = /usr/sbin\n\
         daemon_directory = /usr/lib/postfix/sbin\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         mynetworks = 127.0.0.0/8\n\
         myhostname = mail.test.invalid\n\
         mydestination =\n\
         alias_maps =\n\
         transport_maps = inline:{{ {{watch.example=lmtp:[127.0.0.1]:{returns}}} }}\n\
         virtual_mailbox_domains = static:all\n\
         virtual_mailbox_maps = regexp:{folder}/users\n\
         virtual_mailbox_base = {folder}/mails\n\
         virtual_uid_maps = static:{nobody}\n\
         virtual_gid_maps = static:{nobody}\n\
         smtpd_reject_unlisted_recipient = no\n\
         smtpd_relay_restrictions = permit_mynetworks, reject\n\
         smtpd_peername_lookup = no\n\
         smtpd_client_connection_count_limit = 0\n\
         smtputf8_autodetect_classes = all\n\
         maillog_file_prefixes = {folder}\n\
         maillog_file = {folder}/log\n"
    )
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let stopped = Command::new("postfix")
            .arg("-c")
            .arg(self.folder.path())
            .arg("stop")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        // It may have ended by itself.
        if stopped.is_err() {
            self.child.kill().ok();
        }
        self.child.wait().ok();
    }
}
