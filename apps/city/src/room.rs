//! A server of the city's own: in a temporary folder, on a free port, gone afterwards.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use shouhu_wire::Role;

use crate::time::CityClock;

const START_TIME: Duration = Duration::from_secs(20);

pub struct Room {
    pub folder: PathBuf,
    pub url: String,
    program: PathBuf,
    place: Vec<String>,
    server: Child,
}

impl Room {
    pub fn open(bin: &Path, clock: &CityClock) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("shouhu-city-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let program = bin.join("shouhu");
        let mut place = vec!["--data".to_owned(), folder.join("data").display().to_string()];
        place.extend(["--listen".to_owned(), format!("127.0.0.1:{port}")]);
        place.extend(clock.server_arguments.iter().cloned());
        let log = std::fs::File::create(folder.join("server.log"))?;
        let server = Command::new(&program)
            .arg("serve")
            .args(&place)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}; build it first: cargo build -p shouhu", program.display()))?;
        let room = Self { folder, url: format!("http://localhost:{port}"), program, place, server };
        room.wait()?;
        Ok(room)
    }

    fn wait(&self) -> anyhow::Result<()> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let deadline = Instant::now() + START_TIME;
        while Instant::now() < deadline {
            if agent.get(format!("{}/healthz", self.url)).call().is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the server did not answer; its log is {}", self.folder.join("server.log").display())
    }

    /// A one-time token, from the operator's command line.
    pub fn invite(&self, role: Role) -> anyhow::Result<String> {
        token(Command::new(&self.program).arg("invite").args(&self.place), role)
    }

    /// Ends the server as an operator would and removes the folder.
    pub fn close(mut self) -> anyhow::Result<()> {
        self.end();
        std::fs::remove_dir_all(&self.folder).context("the folder of the run could not be removed")
    }

    fn end(&mut self) {
        let asked = Command::new("kill").arg("-TERM").arg(self.server.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if matches!(self.server.try_wait(), Ok(None)) {
            self.end();
        }
    }
}

/// A one-time token of a server that somebody else started.
pub fn invite_by(program: &Path, data: &Path, server: &str, role: Role) -> anyhow::Result<String> {
    let port = server.rsplit(':').next().context("the server's address has no port")?;
    let mut command = Command::new(program);
    command.arg("invite").arg("--data").arg(data).arg("--listen").arg(format!("127.0.0.1:{port}"));
    token(&mut command, role)
}

fn token(command: &mut Command, role: Role) -> anyhow::Result<String> {
    let output = command.args(["--token-only", "--role", role.as_str(), "--name", name_of(role)]).output()?;
    if !output.status.success() {
        bail!("no invitation: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

const fn name_of(role: Role) -> &'static str {
    match role {
        Role::Operator => "模擬維運",
        Role::Supervisor => "模擬督導",
        Role::Detective => "模擬偵查",
        Role::Dispatcher => "模擬執勤",
        Role::Officer => "模擬警員",
        Role::Auditor => "模擬稽核",
        Role::Inspector => "模擬監察",
    }
}
