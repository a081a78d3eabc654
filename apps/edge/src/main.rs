//! The command line of the camera agent.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use lexopt::prelude::{Long, Short, Value, ValueExt};
use shouhu_edge::attest::Settings;
use shouhu_edge::clock::DeviceClock;
use shouhu_edge::config::DataDir;
use shouhu_edge::queue::QueueConfig;
use shouhu_edge::read::ReadOptions;
use shouhu_edge::run::RunOptions;
use shouhu_edge::source::{FILM_SILENCE_MAX, SourceOptions, SourceSpec};
use shouhu_edge::stop::Stop;
use shouhu_vision::Recogniser;
use shouhu_wire::Attestation;

/// What shells say of a program that Ctrl-C ended.
const ENDED_BY_SIGNAL: u8 = 130;

const HELP: &str = "\
shouhu-edge: the camera agent of Shouhu. Reads plates, alerts with no network, loses nothing on the way to the server.

USAGE
  shouhu-edge enrol  --server URL --token TOKEN --data DIR [--ca FILE]
  shouhu-edge attest --data DIR [--tcti TCTI]
  shouhu-edge run    --data DIR --source WHAT [--source WHAT …] [options]
  shouhu-edge status --data DIR
  shouhu-edge read   WHAT [--json] [--draw FILE.jpg] [--fps N]

READ prints the plates of a picture, of a folder of pictures, of a video file or of rtsp://…; each vehicle of a video once.
Nothing is kept or sent, and no enrolment is needed. Below 90 % a plate is unsure.
  --json           one object a line, with corners and what else it may be
  --draw FILE.jpg  the picture with its plates and vehicles outlined

ENROL, once per device; an operator makes the token under Devices
  --server URL     https://…, or http://localhost:8470 for a server on this machine
  --ca FILE        PEM certificate of a private authority that the server's certificate comes from

ATTEST, once per device with a TPM 2.0, after enrol; needs tpm2-tools. An operator then accepts what it measured, and
run repeats it every few minutes
  --tcti TCTI      how tpm2-tools reach the TPM: device:/dev/tpmrm0, swtpm:host=…,port=…

RUN
  --source WHAT    a folder of JPEG or PNG pictures (new ones are read as they come), a video file,
                   rtsp://user:password@camera/stream, or /dev/video0. Several are read side by side.
                   Video and cameras need ffmpeg (apt-get install ffmpeg).
  --fps N          frames per second taken from video (8); pictures per second of a folder with --loop (1)
  --loop           play folders and videos again and again, as though they were live
  --once           end when everything that is there has been read and sent
  --lon X --lat Y  where this device stands, if it is not at a camera that the server knows
  --print-plates   put the plate into the alert lines on standard output
  --queue-gib N    most that the queue may take on disk (20); see below
  --ffmpeg FILE    another ffmpeg than the one in PATH

Alerts go to standard output, one JSON object per line. The log goes to standard error and names no plates;
RUST_LOG=debug says more. Ctrl-C ends cleanly; so does anything else: what was read is on disk before it counts.

When the queue is full, the oldest full-frame pictures go first (plates and crops stay), then new sightings that match
no watchlist entry are refused and counted, or, from files, wait. rejected/list.jsonl in DIR names every input that
could not be read, and why.

EXIT CODE  0 all well   1 could not start   3 --once has ended and some sightings wait in the queue for the server
           130 read was ended by a signal
";

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_target(false)
        .init();
    match command() {
        Ok(code) => code,
        Err(e) => {
            // A closed standard error is no reason to end otherwise.
            let _ = writeln!(io::stderr(), "shouhu-edge: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    io::stdout().write_all(text.as_bytes()).context("standard output is closed")
}

#[derive(Default)]
struct Given {
    server: Option<String>,
    token: Option<String>,
    ca: Option<PathBuf>,
    data: Option<PathBuf>,
    sources: Vec<String>,
    fps: Option<f64>,
    is_loop: bool,
    is_once: bool,
    lon: Option<f64>,
    lat: Option<f64>,
    has_plates: bool,
    queue_gib: Option<f64>,
    ffmpeg: Option<PathBuf>,
    tcti: Option<String>,
    what: Option<String>,
    has_json: bool,
    draw: Option<PathBuf>,
}

fn command() -> anyhow::Result<ExitCode> {
    let mut parser = lexopt::Parser::from_env();
    let mut verb = None;
    let mut given = Given::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) if verb.is_none() => verb = Some(word.string()?),
            Value(word) if verb.as_deref() == Some("read") && given.what.is_none() => given.what = Some(word.string()?),
            Long("json") => given.has_json = true,
            Long("draw") => given.draw = Some(parser.value()?.into()),
            Short('h') | Long("help") => return print(HELP).map(|()| ExitCode::SUCCESS),
            Short('V') | Long("version") => {
                return print(concat!("shouhu-edge ", env!("CARGO_PKG_VERSION"), "\n")).map(|()| ExitCode::SUCCESS);
            }
            Long("server") => given.server = Some(parser.value()?.string()?),
            Long("token") => given.token = Some(parser.value()?.string()?),
            Long("ca") => given.ca = Some(parser.value()?.into()),
            Long("data") => given.data = Some(parser.value()?.into()),
            Long("source") => given.sources.push(parser.value()?.string()?),
            Long("fps") => given.fps = Some(parser.value()?.parse()?),
            Long("loop") => given.is_loop = true,
            Long("once") => given.is_once = true,
            Long("lon") => given.lon = Some(parser.value()?.parse()?),
            Long("lat") => given.lat = Some(parser.value()?.parse()?),
            Long("print-plates") => given.has_plates = true,
            Long("queue-gib") => given.queue_gib = Some(parser.value()?.parse()?),
            Long("tcti") => given.tcti = Some(parser.value()?.string()?),
            Long("ffmpeg") => given.ffmpeg = Some(parser.value()?.into()),
            other => return Err(anyhow!(other.unexpected()).context("see shouhu-edge --help")),
        }
    }
    let data = || given.data.clone().map(DataDir::new).context("--data is missing; see shouhu-edge --help");
    match verb.as_deref() {
        Some("enrol") => enrol(&data()?, &given),
        Some("attest") => attest(&data()?, &given),
        Some("run") => run(data()?, &given),
        Some("read") => read(&given),
        Some("status") => {
            print(&shouhu_edge::status::describe(&data()?, &DeviceClock::system(0))?)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => bail!("{other:?} is no command; enrol, attest, run, read and status are"),
        None => {
            print(HELP)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn enrol(data: &DataDir, given: &Given) -> anyhow::Result<ExitCode> {
    let server = given.server.as_deref().context("--server is missing")?;
    let token = given.token.as_deref().context("--token is missing")?;
    let authority = match &given.ca {
        Some(path) => Some(std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?),
        None => None,
    };
    let device = shouhu_edge::enrol::enrol(data, server, token, authority.as_deref())?;
    print(&format!(
        "enrolled as {} {:?}; start it with: shouhu-edge run --data {} --source …\n",
        device.device,
        device.name,
        data.path().display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn attest(data: &DataDir, given: &Given) -> anyhow::Result<ExitCode> {
    let answer = shouhu_edge::attest::attest(data, &Settings { tcti: given.tcti.clone() })?;
    print(match answer.attestation {
        Attestation::Attested => "attested; start it with: shouhu-edge run\n",
        Attestation::AwaitsAcceptance => "the server knows this TPM; an operator must accept what it measured, under Devices\n",
        Attestation::Restricted | Attestation::Unattested => "the server restricts this device; an operator sees why, under Devices\n",
    })?;
    Ok(ExitCode::SUCCESS)
}

/// ffmpeg runs in a group of its own and hears of no Ctrl-C: the agent ends it.
fn stop_on_signals() -> anyhow::Result<Arc<Stop>> {
    let stop = Arc::new(Stop::default());
    let on_signal = Arc::clone(&stop);
    ctrlc::set_handler(move || on_signal.set()).context("signals cannot be handled")?;
    Ok(stop)
}

fn read(given: &Given) -> anyhow::Result<ExitCode> {
    let what = given.what.clone().context("say what to read: a picture, a folder, a video file or rtsp://…")?;
    let source = SourceOptions {
        fps: given.fps,
        is_once: true,
        is_loop: false,
        ffmpeg: given.ffmpeg.clone().unwrap_or_else(|| "ffmpeg".into()),
        film_silence_max: FILM_SILENCE_MAX,
    };
    let stop = stop_on_signals()?;
    let options = ReadOptions { what, has_json: given.has_json, draw: given.draw.clone(), source, stop };
    let recogniser = Recogniser::load().context("the plate recogniser does not load")?;
    shouhu_edge::read::read(&options, &recogniser, &mut io::stdout())?;
    Ok(if options.stop.is_set() { ExitCode::from(ENDED_BY_SIGNAL) } else { ExitCode::SUCCESS })
}

fn run(data: DataDir, given: &Given) -> anyhow::Result<ExitCode> {
    let position = match (given.lon, given.lat) {
        (Some(lon), Some(lat)) if (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat) => Some((lon, lat)),
        (Some(lon), Some(lat)) => bail!("--lon {lon} --lat {lat} is not on the globe"),
        (None, None) => None,
        _ => bail!("give --lon and --lat together"),
    };
    let mut queue = QueueConfig::default();
    if let Some(gib) = given.queue_gib {
        if !(0.01..=100_000.0).contains(&gib) {
            bail!("--queue-gib must be between 0.01 and 100000");
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        let bytes = (gib * f64::from(1 << 30)) as u64;
        queue.max_bytes = bytes;
    }
    if given.is_loop && given.is_once {
        bail!("--loop never ends and --once does; give one of them");
    }
    let options = RunOptions {
        data,
        sources: given.sources.iter().map(|text| SourceSpec::parse(text)).collect::<Result<_, _>>()?,
        source: SourceOptions {
            fps: given.fps,
            is_once: given.is_once,
            is_loop: given.is_loop,
            ffmpeg: given.ffmpeg.clone().unwrap_or_else(|| "ffmpeg".into()),
            film_silence_max: FILM_SILENCE_MAX,
        },
        position,
        has_plates_in_alerts: given.has_plates,
        queue,
        alerts_to: Box::new(io::stdout()),
    };
    let stop = stop_on_signals()?;
    let reader = Recogniser::load().context("the plate recogniser does not load")?;
    let ended = shouhu_edge::run::run(options, Arc::new(reader), None, &stop)?;
    Ok(if given.is_once && ended.waiting > 0 { ExitCode::from(3) } else { ExitCode::SUCCESS })
}
