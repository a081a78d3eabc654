"""Preview, train and export the plate networks. `python3 training/make.py --help`; README.md says what each step costs."""

import argparse
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import scenes
from glyphs import CHARSET
from nets import BLANK, Detector, Reader, load_onnx

HERE = Path(__file__).resolve().parent
EASY_FIRST = 16_000  # the first samples of a run are mostly easy
MODELS = HERE.parent / "engines" / "vision" / "models"


class Samples(torch.utils.data.IterableDataset):
    """Sample i depends on (seed, i) alone, so that a run can be repeated whatever the number of workers."""

    def __init__(self, make, seed, first, count, batch):
        self.make, self.seed, self.first, self.count, self.batch = make, seed, first, count, batch

    def __iter__(self):
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        for start in range(self.first + worker * self.batch, self.first + self.count, workers * self.batch):
            yield self.make([(np.random.default_rng((self.seed, i)), i) for i in range(start, start + self.batch)])


def reader_batch(frames):
    def make(numbered):
        pairs = [scenes.reader_sample(rng, frames, i < EASY_FIRST and rng.random() < 0.8) for rng, i in numbered]
        x = torch.from_numpy(np.stack([scenes.normalise(p) for p, _ in pairs]))[:, None]
        lengths = torch.tensor([len(t) for _, t in pairs])
        return x, torch.tensor([CHARSET.index(c) for _, t in pairs for c in t]), lengths, [t for _, t in pairs]
    return make


def detector_batch(frames):
    def make(numbered):
        pairs = [scenes.scene(rng, frames) for rng, _ in numbered]
        x = torch.from_numpy(np.stack([p for p, _ in pairs]).astype(np.float32) / 255 - 0.5)[:, None]
        return (x, *(torch.from_numpy(np.stack(t)) for t in zip(*(scenes.targets(q) for _, q in pairs))))
    return make


def greedy(log_probs):
    texts = []
    for best in log_probs.argmax(1).numpy():
        texts.append("".join(CHARSET[c] for i, c in enumerate(best) if c != BLANK and (i == 0 or c != best[i - 1])))
    return texts


def detector_loss(out, heat, corners, trust, heed):
    p = torch.sigmoid(out[:, 0]).clamp(1e-4, 1 - 1e-4)
    hit = (heat == 1).float()
    focal = -(hit * (1 - p) ** 2 * p.log() + (1 - hit) * (1 - heat) ** 4 * p ** 2 * (1 - p).log()) * heed
    n = hit.sum().clamp(min=1)
    offsets = (torch.nn.functional.smooth_l1_loss(out[:, 1:], corners, reduction="none", beta=0.25).sum(1) * trust).sum() / (trust > 0).sum().clamp(min=1)
    return focal.sum() / n, offsets


def start(net, args, name):
    """Weights to begin with: a checkpoint, the shipped ONNX file, or none."""
    if args.resume and args.resume.endswith(".onnx"):
        load_onnx(net, args.resume)
    elif args.resume:
        saved = torch.load(args.resume, map_location="cpu")
        net.load_state_dict(saved.get(args.take, saved))
    return net.to(memory_format=torch.channels_last)


def rate_at(step, steps, peak):
    """Warm-up over the first 3 %, then half a cosine down to a fiftieth."""
    if step < steps * 0.03:
        return peak * (step + 1) / (steps * 0.03 + 1)
    return peak * (0.02 + 0.49 * (1 + np.cos(np.pi * step / steps)))


def train(args, net, make, step_loss, name):
    """AdamW in bfloat16 with a running average of the weights; a checkpoint holds both, and `export` takes the average.

    With `--until HH:MM` (UTC) the rate falls to its end at that time however many samples were seen by then.
    """
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    path = Path(args.out or HERE / "out") / f"{name}.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    net = start(net, args, name)
    average = {k: v.detach().clone() for k, v in net.state_dict().items()}
    steps = args.samples // args.batch
    began = time.time()
    ends = None
    if args.until:
        hour, minute = map(int, args.until.split(":"))
        ends = began - began % 86400 + hour * 3600 + minute * 60
        ends += 86400 if ends <= began else 0
    optimiser = torch.optim.AdamW(net.parameters(), args.rate, weight_decay=0.01, betas=(0.9, 0.98))
    loader = torch.utils.data.DataLoader(Samples(make, args.seed, args.first, steps * args.batch, args.batch), batch_size=None, num_workers=args.workers, prefetch_factor=6)
    net.train()
    seen, saved = [], time.time()
    for step, batch in enumerate(loader, 1):
        done = (time.time() - began) / (ends - began) if ends else step / steps
        for group in optimiser.param_groups:
            group["lr"] = rate_at(min(done, 1.0) * 1e6, 1e6, args.rate)
        loss, shown = step_loss(net, batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        keep = min(0.998, step / (step + 20))
        for key, value in net.state_dict().items():
            average[key].lerp_(value.detach(), 1 - keep)
        seen.append(shown)
        if step % 50 == 0:
            print(f"{name} step {step}/{steps} {np.round(np.mean(seen, 0), 4).tolist()} done {done:.3f} wall {time.time() - began:.0f} s cpu {time.process_time():.0f} s", flush=True)
            seen = []
        last = step == steps or done >= 1
        if time.time() - saved > 90 or last:
            torch.save({"average": average, "latest": net.state_dict(), "next": args.first + step * args.batch}, path)
            saved = time.time()
        if last:
            break
    print(f"{name} done after {step * args.batch} samples, saved {path.name}")


def forward(net, x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return net(x.contiguous(memory_format=torch.channels_last)).float()


def train_reader(args):
    def step_loss(net, batch):
        x, flat, lengths, texts = batch
        log_probs = forward(net, x)
        places = torch.full((len(x),), log_probs.shape[2])
        loss = torch.nn.functional.ctc_loss(log_probs.permute(2, 0, 1), flat, places, lengths, blank=BLANK, zero_infinity=True)
        right = np.mean([a == b for a, b in zip(greedy(log_probs.detach()), texts)])
        return loss, (loss.item(), right)
    train(args, Reader(), reader_batch(scenes.dashcam("train")), step_loss, "reader")


def train_detector(args):
    def step_loss(net, batch):
        heat, offsets = detector_loss(forward(net, batch[0]), *batch[1:])
        return heat + offsets, (heat.item(), offsets.item())
    train(args, Detector(), detector_batch(scenes.dashcam("train")), step_loss, "detector")


def preview(args):
    frames, out = scenes.dashcam("train")[::12], HERE / "out"
    out.mkdir(exist_ok=True)
    rows = []
    for i in range(args.count * 10):
        picture, text = scenes.reader_sample(np.random.default_rng((args.seed, i)), frames)
        tile = np.zeros((scenes.READER_H + 14, scenes.READER_W + 4), np.uint8)
        tile[:scenes.READER_H, :scenes.READER_W] = picture
        cv2.putText(tile, text, (2, scenes.READER_H + 11), 0, 0.4, 255, 1)
        rows.append(tile)
    cv2.imwrite(str(out / "reader.png"), np.vstack([np.hstack(rows[i:i + 10]) for i in range(0, len(rows), 10)]))
    tiles = []
    for i in range(12):
        image, plates = scenes.scene(np.random.default_rng((args.seed, i)), frames)
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        for quad, trust, _ in plates:
            cv2.polylines(image, [quad.astype(np.int32)], True, (0, 255, 0) if trust == 1 else (0, 180, 255), 1)
            cv2.circle(image, tuple(quad[0].astype(int).tolist()), 2, (0, 0, 255), -1)
        tiles.append(image)
    cv2.imwrite(str(out / "scenes.png"), np.vstack([np.hstack(tiles[i:i + 4]) for i in range(0, 12, 4)]))
    print(f"wrote {out / 'reader.png'} and {out / 'scenes.png'}")


def held_out(args):
    """Labelled pictures of four scenes each, in the layout of the shared data: for fitting the calibration (`plates/made`), and of what no
    photograph measures, motorcycles and writing that is no plate (`plates/drawn_motorcycles`, `plates/drawn_signs`)."""
    street = scenes.dashcam("train") if args.what == "made" else None
    draw = {"made": lambda rng: scenes.scene(rng, street), "drawn_motorcycles": scenes.motorcycle, "drawn_signs": scenes.signs}[args.what]
    folder = Path(args.to) / "plates" / args.what
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with open(folder / "labels.tsv", "w") as table:
        print("image", "x", "y", "w", "h", "plate", sep="\t", file=table)
        for number in range(args.count):
            picture = np.zeros((2 * scenes.SCENE_H, 2 * scenes.SCENE_W), np.uint8)
            name = f"{args.what}_{number:04}.{args.format}"
            if args.what == "drawn_signs":  # a picture without a plate is known by a line without one
                print(name, "", "", "", "", "", sep="\t", file=table)
            for part in range(4):
                seen, plates = draw(np.random.default_rng((args.seed, number * 4 + part)))
                shift = np.array([part % 2 * scenes.SCENE_W, part // 2 * scenes.SCENE_H])
                picture[shift[1]:shift[1] + scenes.SCENE_H, shift[0]:shift[0] + scenes.SCENE_W] = seen
                for quad, trust, text in plates:
                    if not (0 < quad[:, 0].mean() < scenes.SCENE_W and 0 < quad[:, 1].mean() < scenes.SCENE_H):
                        continue
                    whole = (quad > 1).all() and (quad < (scenes.SCENE_W - 1, scenes.SCENE_H - 1)).all()
                    (x, y), (w, h) = quad.min(0) + shift, np.ptp(quad, 0)
                    print(name, round(x), round(y), round(w), round(h), text if whole and trust == 1 else "", sep="\t", file=table)
            cv2.imwrite(str(folder / "images" / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
    print(f"wrote {args.count} pictures to {folder}")


def export(args):
    models = Path(args.to or MODELS)
    models.mkdir(parents=True, exist_ok=True)
    for name, net, shape, axes in (("reader", Reader(), (1, 1, scenes.READER_H, scenes.READER_W), {0: "plates"}), ("detector", Detector(), (1, 1, 384, 640), {2: "height", 3: "width"})):
        path = Path(args.weights or HERE / "out") / f"{name}.pt"
        if args.only not in (None, name):
            continue
        net.load_state_dict(torch.load(path, map_location="cpu")[args.take])
        out_axes = {0: "plates"} if name == "reader" else {2: "rows", 3: "columns"}
        torch.onnx.export(net.eval(), torch.zeros(shape), str(models / f"{name}.onnx"), opset_version=13, input_names=["picture"], output_names=["out"],
                          dynamic_axes={"picture": axes, "out": out_axes}, do_constant_folding=True, dynamo=False)
        print(f"{name}: {sum(p.numel() for p in net.parameters())} parameters, {(models / f'{name}.onnx').stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, batch, samples, rate in (("train-reader", train_reader, 64, 100_000, 2.5e-3), ("train-detector", train_detector, 16, 30_000, 2e-3)):
        sub = commands.add_parser(name)
        sub.set_defaults(run=run)
        sub.add_argument("--seed", type=int, default=20261121)
        sub.add_argument("--first", type=int, default=0, help="number of the first sample, to go on with fresh ones")
        sub.add_argument("--samples", type=int, default=samples)
        sub.add_argument("--batch", type=int, default=batch)
        sub.add_argument("--rate", type=float, default=rate)
        sub.add_argument("--threads", type=int, default=1)
        sub.add_argument("--workers", type=int, default=1)
        sub.add_argument("--resume", help="weights to go on from: a checkpoint, or an exported .onnx")
        sub.add_argument("--take", choices=["average", "latest"], default="average", help="which weights of the checkpoint")
        sub.add_argument("--until", help="HH:MM UTC at which to stop, with the rate at its end")
        sub.add_argument("--out", help="folder for the checkpoint; default training/out")
    sub = commands.add_parser("preview")
    sub.set_defaults(run=preview)
    sub.add_argument("--seed", type=int, default=1)
    sub.add_argument("--count", type=int, default=12)
    sub = commands.add_parser("held-out")
    sub.set_defaults(run=held_out)
    sub.add_argument("--seed", type=int, default=77)
    sub.add_argument("--count", type=int, default=400)
    sub.add_argument("--what", choices=["made", "drawn_motorcycles", "drawn_signs"], default="made")
    sub.add_argument("--format", choices=["png", "jpg"], default="png")
    sub.add_argument("--to", required=True, help="folder for `plates/`; SHOUHU_SHARED_DATA for the evaluator")
    sub = commands.add_parser("export")
    sub.set_defaults(run=export)
    sub.add_argument("--weights", help="folder of the .pt files; default training/out")
    sub.add_argument("--to", help="folder for the .onnx files; default engines/vision/models")
    sub.add_argument("--only", choices=["reader", "detector"])
    sub.add_argument("--take", choices=["average", "latest"], default="average")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
