//! A program that this agent started and may have to end, in a process group of its own: whatever it starts ends with it, and a signal
//! to the agent's group (Ctrl-C) does not end it before the agent knows that it stops.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process_group, waitid};
use tracing::warn;

/// Between two looks whether a program has ended.
pub const PAUSE: Duration = Duration::from_millis(5);
/// What is killed ends at once, unless it waits inside the kernel for a disk or a device.
const REAPED_WITHIN: Duration = Duration::from_secs(10);

/// Dropping it ends the program.
pub struct Process {
    /// Not reaped yet: until then its number is nobody else's.
    child: Option<Child>,
}

impl Process {
    /// Without standard input; the rest is as the command says.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.stdin(Stdio::null()).process_group(0).spawn()?;
        Ok(Self { child: Some(child) })
    }

    pub fn out(&mut self) -> Option<ChildStdout> {
        self.child.as_mut()?.stdout.take()
    }

    pub fn err(&mut self) -> Option<ChildStderr> {
        self.child.as_mut()?.stderr.take()
    }

    /// How the program ended, if it does so by itself within that time. It is not reaped, so that its group can still be ended.
    pub fn ended(&self, within: Duration) -> Option<WaitIdStatus> {
        let pid = Pid::from_child(self.child.as_ref()?);
        let until = Instant::now() + within;
        loop {
            match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT) {
                Ok(None) if Instant::now() < until => std::thread::sleep(PAUSE),
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
    }

    /// Kills the whole group and reaps the program. One that cannot be killed, since it waits inside the kernel, is left to the thread
    /// that is returned.
    pub fn end(&mut self) -> Option<JoinHandle<()>> {
        let mut child = self.child.take()?;
        if kill_process_group(Pid::from_child(&child), Signal::KILL).is_err() {
            // It has ended by itself, or has no group any more.
            let _ = child.kill();
        }
        let until = Instant::now() + REAPED_WITHIN;
        while Instant::now() < until {
            match child.try_wait() {
                Ok(None) => std::thread::sleep(PAUSE),
                Ok(Some(_)) | Err(_) => return None,
            }
        }
        warn!("a decoder cannot be ended: it waits for a disk, a mount or a device that does not answer");
        Some(std::thread::spawn(move || {
            let _ = child.wait();
        }))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::{BufRead, BufReader};

    use super::*;

    #[test]
    fn what_a_program_has_started_ends_with_it() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!; wait"]).stdout(Stdio::piped());
        let mut process = Process::start(&mut command).unwrap();
        let mut out = BufReader::new(process.out().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(process.ended(Duration::ZERO).is_none());
        let started = Instant::now();
        assert!(process.end().is_none());
        // The pipe ends when the last that holds it has ended.
        assert_eq!(out.read_line(&mut line).unwrap(), 0);
        assert!(started.elapsed() < Duration::from_secs(60), "it was ended, and did not end by itself");
    }

    #[test]
    fn how_a_program_ended_is_known_before_it_is_reaped() {
        let mut process = Process::start(Command::new("sh").args(["-c", "exit 7"])).unwrap();
        let status = process.ended(Duration::from_secs(30)).unwrap();
        assert_eq!((status.exit_status(), status.terminating_signal()), (Some(7), None));
        assert!(process.end().is_none());
        let killed = Process::start(Command::new("sh").args(["-c", "kill -TERM $$"])).unwrap();
        assert_eq!(killed.ended(Duration::from_secs(30)).unwrap().terminating_signal(), Some(15));
    }
}
