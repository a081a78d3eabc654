#!/usr/bin/env python3
"""A camera that misbehaves, one agent, half an hour: what it costs, how late it is, what it loses. See README.md."""

import argparse
import csv
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FPS = 15
EVERY_S, SHOWN_S = 3, 1.6  # A plate is shown at the beginning of every third second.
LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123567"
# What happens when, as shares of the run, and for how long (seconds) nothing can be read.
EVENTS = [
    (0.08, "film 1", "smaller picture", 0),
    (0.16, "film 0", "first size", 0),
    (0.24, "lose", "camera lost", 45),
    (0.36, "mute", "camera silent", 40),
    (0.48, "jump 3600", "camera's clock +1 h", 0),
    (0.56, "jump -7200", "camera's clock -2 h", 0),
    (0.64, "set -3600", "device's clock -1 h", 0),
    (0.76, "set 0", "device's clock back", 0),
    (0.84, "lose", "camera lost", 90),
]


def plate(number):
    draw = random.Random(number * 7919)
    return "".join(draw.choice(LETTERS) for _ in range(3)) + "".join(draw.choice(DIGITS) for _ in range(4))


def film(work, clip, seconds, size, name):
    """The clip over and over with a drawn plate of its own every three seconds, as raw H.264."""
    path = work / f"{name}.h264"
    if path.exists():
        return path
    lines = []
    font = "/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed-Bold.ttf"
    for number in range(int(seconds // EVERY_S)):
        start, text = number * EVERY_S, plate(number)
        on = f"between(t,{start},{start + SHOWN_S})"
        x, y = 300 + 97 * number % 560, 380 + 61 * number % 200
        lines.append(f"drawbox=x={x}:y={y}:w=184:h=72:color=white:t=fill:enable='{on}'")
        lines.append(f"drawbox=x={x}:y={y}:w=184:h=72:color=black:t=2:enable='{on}'")
        lines.append(f"drawtext=fontfile={font}:text='{text[:3]}-{text[3:]}':fontsize=34:fontcolor=black:x={x}+92-tw/2:y={y}+36-th/2:enable='{on}'")
    script = work / f"{name}.txt"
    script.write_text(f"fps={FPS},scale=1280:720," + ",\n".join(lines) + f",gblur=0.7,scale={size},format=yuv420p")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", "-i", clip, "-t", str(seconds), "-an", "-filter_script:v", script, "-c:v", "libx264",
         "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "24", "-g", str(FPS * 2), "-x264-params", "aud=1", "-f", "h264", path], check=True)
    return path


class Server(BaseHTTPRequestHandler):
    """Takes sightings and says yes."""

    protocol_version = "HTTP/1.1"
    taken, device = [], {}

    def reply(self, value):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(204 if value is None else 200)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if "/delta" in self.path:
            return self.reply({"version": 1, "is_full": False, "has_more": False, "entries": []})
        self.reply(self.device)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != "/v1/sightings":
            return self.reply(None)
        batch = json.loads(body)["sightings"]
        for sighting in batch:
            self.taken.append((time.time(), sighting["captured_at_us"] / 1e6, sighting["plate"]))
        self.reply({"accepted": len(batch), "duplicates": 0, "quarantined": [], "clock_offset_us": 0})

    def log_message(self, *_):
        pass


def enrol(data, port, device):
    """What `shouhu-edge enrol` leaves behind, for a server that asks nothing."""
    import base64

    data.mkdir(mode=0o700)
    key = bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32))
    pem = base64.b64encode(key).decode()
    (data / "device.key").write_text(f"-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n")
    os.chmod(data / "device.key", 0o600)
    (data / "config.json").write_text(json.dumps({"server": f"http://127.0.0.1:{port}", **device}))


def tree(pid):
    """The process and its children, such as the decoder."""
    found = [pid]
    for line in subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True).stdout.split("\n"):
        fields = line.split()
        if len(fields) == 2 and int(fields[1]) == pid:
            found.append(int(fields[0]))
    return found


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def sample(pid, ended):
    """Agent's memory and CPU, and of the decoder's that runs now."""
    memory, cpu, decoder_mb, decoder_cpu = rss_mb(pid), cpu_s(pid), 0.0, {}
    for child in tree(pid)[1:]:
        try:
            decoder_mb += rss_mb(child)
            decoder_cpu[child] = cpu_s(child)
        except (OSError, AttributeError):
            continue
    for child, spent in decoder_cpu.items():
        ended[child] = spent
    return memory, cpu, decoder_mb, sum(ended.values())


def run(options):
    work = pathlib.Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    length_s = options.film_s
    films = [film(work, options.clip, length_s, "1280:720", "large"), film(work, options.clip, length_s, "640:360", "small")]
    device = {"device": "018bcfe5-6800-7303-8303-030303030303", "name": "bench", "kind": "fixed_camera", "camera": None, "frame_policy": "hits"}
    Server.device = device
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    data = work / "data"
    shutil.rmtree(data, ignore_errors=True)
    enrol(data, server.server_port, device)
    camera = subprocess.Popen([options.camera, str(FPS), *films], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = camera.stdout.readline().strip()
    camera_started = time.time()
    environment, faked = dict(os.environ), work / "clock"
    if options.faketime:
        faked.write_text("+0\n")
        environment |= {"LD_PRELOAD": options.faketime, "FAKETIME_TIMESTAMP_FILE": str(faked), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    log = open(work / "agent.log", "w")
    agent = subprocess.Popen([options.edge, "run", "--data", str(data), "--source", address], env=environment, stderr=log, stdout=log)

    def say(word):
        camera.stdin.write(word + "\n")
        camera.stdin.flush()

    started, offset_s = time.time(), 0.0
    waiting = [(share * options.seconds, word, what, away) for share, word, what, away in EVENTS]
    done, back_at, rows, ended = [], None, [], {}
    # A clock that was set changes what a sighting's time means: noted as (real time from which, offset).
    offsets = [(started, 0.0)]
    while (now := time.time()) - started < options.seconds and agent.poll() is None:
        at = now - started
        if back_at and at >= back_at:
            say("back")
            done.append((at, "camera back"))
            back_at = None
        if waiting and at >= waiting[0][0]:
            _, word, what, away = waiting.pop(0)
            if word.startswith("set"):
                if not options.faketime:
                    continue
                offset_s = float(word.split()[1])
                faked.write_text(f"{offset_s:+.0f}\n")
                offsets.append((now, offset_s))
            else:
                say(word)
                back_at = at + away if away else None
            done.append((at, what))
        try:
            state = json.loads((data / "status.json").read_text())
        except (OSError, ValueError):
            state = {}
        memory, cpu, decoder_mb, decoder_cpu = sample(agent.pid, ended)
        rows.append([round(at, 1), round(memory, 1), round(cpu, 2), round(decoder_mb, 1), round(decoder_cpu, 2), state.get("frames_read", 0),
                     state.get("frames_dropped", 0), state.get("sightings", 0), state.get("delay_ms", 0), round(os.getloadavg()[0], 1)])
        time.sleep(5)
    agent.terminate()
    agent.wait(20)
    camera.stdin.close()
    camera.wait(5)
    report(options, work, rows, done, offsets, camera_started, length_s, started)


def delays(taken, offsets, camera_started, length_s, started):
    """Per sighting of a drawn plate: seconds from its first showing to its evidence's capture, by one clock."""
    numbers = {plate(number): number for number in range(int(length_s // EVERY_S))}
    found = []
    for received, captured, text in taken:
        number = numbers.get(text)
        if number is None:
            continue
        # The clock is right but for what the bench set it by; of the two possible ones the nearer to the receipt is meant.
        real = min((captured - offset for _, offset in offsets), key=lambda real: abs(received - real))
        phase = (real - camera_started) % length_s
        found.append((real - started, (phase - number * EVERY_S + length_s / 2) % length_s - length_s / 2, received - real))
    return found


def report(options, work, rows, done, offsets, camera_started, length_s, started):
    names = ["at_s", "agent_rss_mb", "agent_cpu_s", "decoder_rss_mb", "decoder_cpu_s", "frames_read", "frames_dropped", "sightings", "read_delay_ms", "load"]
    with open(work / "live.csv", "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(names)
        table.writerows(rows)
    late = delays(Server.taken, offsets, camera_started, length_s, started)
    with open(work / "delays.csv", "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["captured_at_s", "capture_after_shown_s", "received_after_capture_s"])
        table.writerows([[f"{value:.2f}" for value in row] for row in late])
    (work / "events.json").write_text(json.dumps(done))
    first, last = rows[len(rows) // 10], rows[-1]
    seconds = last[0] - first[0]
    thirds = [[d for at, d, _ in late if low <= at < high] for low, high in ((0, options.seconds / 3), (options.seconds / 3, options.seconds * 2 / 3), (options.seconds * 2 / 3, 1e9))]
    print(f"seconds {last[0]:.0f}, load {statistics.median(row[9] for row in rows):.1f}")
    print(f"frames read {last[5]}, dropped {last[6]}; sightings {last[7]}, of drawn plates {len(late)} of about {options.seconds / EVERY_S:.0f} shown")
    print(f"agent RSS {first[1]:.0f} -> {last[1]:.0f} MB (most {max(row[1] for row in rows):.0f}); decoder most {max(row[3] for row in rows):.0f} MB")
    print(f"CPU agent {100 * (last[2] - first[2]) / seconds:.0f} %, decoder {100 * (last[4] - first[4]) / seconds:.0f} % of a core")
    for name, values in zip(("first", "second", "last"), thirds):
        if values:
            print(f"{name} third: {len(values)} plates, captured {statistics.median(values):.2f} s after they were shown (median), {max(values):.2f} s (most)")
    for at, what in done:
        after = [captured for captured, _, _ in late if captured > at]
        print(f"{at:7.1f} s {what}: read again after {min(after) - at:.1f} s" if after else f"{at:7.1f} s {what}: NOTHING READ AFTERWARDS")
    (work / "live.svg").write_text(drawn(rows, late, done, options.seconds))


def drawn(rows, late, done, seconds):
    """Three charts under one time axis: memory, CPU, delay; plain SVG."""
    width, height, gap, left = 900, 130, 46, 60
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + left + 20}" height="{3 * (height + gap) + 60}" font-family="sans-serif" font-size="12">']
    x = lambda at: left + at / seconds * width
    cpu = [(b[0], 100 * (b[2] + b[4] - a[2] - a[4]) / (b[0] - a[0])) for a, b in zip(rows, rows[6:])]
    charts = [("memory of the agent, MB", [(row[0], row[1]) for row in rows], True), ("CPU of agent and decoder, % of a core", cpu, True),
              ("capture after the plate was shown, s", [(at, late_s) for at, late_s, _ in late], False)]
    for index, (title, points, is_line) in enumerate(charts):
        top = 30 + index * (height + gap)
        most = max([value for _, value in points] + [1.0]) * 1.15
        y = lambda value: top + height - max(value, 0) / most * height
        parts.append(f'<text x="{left}" y="{top - 6}">{title} (axis to {most:.1f})</text><rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#999"/>')
        if is_line:
            parts.append(f'<polyline fill="none" stroke="#1f5fa8" stroke-width="1.5" points="{" ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)}"/>')
        else:
            parts += [f'<circle cx="{x(at):.1f}" cy="{y(value):.1f}" r="1.8" fill="#1f5fa8"/>' for at, value in points]
        parts += [f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{top}" y2="{top + height}" stroke="#b33" stroke-dasharray="3 3"/>' for at, _ in done]
    bottom = 3 * (height + gap) - 4
    for index, (at, what) in enumerate(done):
        parts.append(f'<text x="{x(at):.1f}" y="{bottom + 12 + 13 * (index % 4)}" font-size="9" fill="#b33">{what}</text>')
    return "\n".join([*parts, "</svg>\n"])


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--edge", required=True, help="shouhu-edge")
    options.add_argument("--camera", required=True, help="the example rtsp_camera")
    options.add_argument("--clip", required=True, help="a street clip of 1280x720")
    options.add_argument("--work", required=True, help="a folder outside the repository")
    options.add_argument("--seconds", type=float, default=1800)
    options.add_argument("--film-s", type=float, default=120, help="length of the film that is played in a loop; more than the minute in which no plate is announced twice")
    options.add_argument("--faketime", help="libfaketimeMT.so.1: without it the device's clock is not set")
    run(options.parse_args())


if __name__ == "__main__":
    sys.exit(main())
