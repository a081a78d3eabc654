#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that stumbles is a test that fails")]

use proptest::prelude::*;
use rten_simd::isa::GenericIsa;
use rten_simd::{Isa, SimdOp};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::conv::{Conv, Shape, Vectors};
use super::maps::{Maps, Spare};
use super::{Net, NetError};

const DETECTOR: &[u8] = include_bytes!("../../models/detector.onnx");
const READER: &[u8] = include_bytes!("../../models/reader.onnx");

/// Pixels as they come, between -0.5 and 0.5, the same in every run.
fn picture(rows: usize, columns: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..rows * columns).map(|n| 0.5 * next() + 0.4 * ((n % columns) as f32 / 9.0).sin() * ((n / columns) as f32 / 7.0).cos()).collect()
}

fn by_rten(onnx: &[u8], rows: usize, columns: usize, levels: &[f32]) -> Vec<f32> {
    let model = rten::Model::load(onnx.to_vec()).unwrap();
    let tensor = NdTensor::from_data([1, 1, rows, columns], levels.to_vec());
    let out: rten_tensor::Tensor<f32> = model.run_one(tensor.view().into(), None).unwrap().try_into().unwrap();
    out.to_vec()
}

/// The farthest that two answers lie apart, by the size of what is answered.
fn farthest(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let size = theirs.iter().fold(1.0_f32, |most, value| most.max(value.abs()));
    // A number that is none is infinitely far.
    ours.iter().zip(theirs).map(|(a, b)| if (a - b).is_finite() { (a - b).abs() / size } else { f32::INFINITY }).fold(0.0, f32::max)
}

/// Beside any others, and in any place: nothing of one picture is seen in another.
#[test]
fn a_picture_among_others_is_answered_as_it_is_alone() {
    let sizes = [(112, 208), (48, 80), (16, 16), (32, 272)];
    for (name, onnx, sizes) in [("detector", DETECTOR, &sizes[..]), ("reader", READER, &[(48, 144)][..])] {
        let net = Net::parse(onnx).unwrap();
        for (rows, columns) in sizes.iter().copied() {
            for count in [2, 3, 8, 9, 17] {
                // Blank ones, plain ones and glaring ones beside each other.
                let scaled = |n: usize| picture(rows, columns, n as u32).into_iter().map(move |level| level * [1.0, 0.0, 30.0][n % 3]);
                let levels: Vec<f32> = (0..count).flat_map(scaled).collect();
                let together = net.run(rows, columns, &levels).unwrap();
                assert_eq!(together.len() % count, 0);
                for (n, (among, levels)) in together.chunks_exact(together.len() / count).zip(levels.chunks_exact(rows * columns)).enumerate() {
                    let worst = farthest(among, &net.run(rows, columns, levels).unwrap());
                    assert!(worst <= 1e-4, "{name} {rows}×{columns}, {n} of {count}: {worst}");
                }
                if count == 3 {
                    let theirs: Vec<f32> = levels.chunks_exact(rows * columns).flat_map(|one| by_rten(onnx, rows, columns, one)).collect();
                    let worst = farthest(&together, &theirs);
                    assert!(worst <= 1e-4, "{name} {rows}×{columns} by rten: {worst}");
                }
            }
        }
    }
}

/// Both networks on the sizes they are used with, and on odd ones.
#[test]
fn both_networks_say_what_rten_says_to_a_ten_thousandth() {
    let sizes = [(288, 512), (112, 192), (112, 208), (16, 16), (48, 80), (208, 16)];
    for (name, onnx, sizes) in [("detector", DETECTOR, &sizes[..]), ("reader", READER, &[(48, 144)][..])] {
        let net = Net::parse(onnx).unwrap();
        for (rows, columns) in sizes {
            let levels = picture(*rows, *columns, 7);
            // Twice: what the first run leaves in its buffers must not be seen in the second.
            let _ = net.run(*rows, *columns, &picture(*rows, *columns, 8)).unwrap();
            let (ours, theirs) = (net.run(*rows, *columns, &levels).unwrap(), by_rten(onnx, *rows, *columns, &levels));
            assert_eq!(ours.len(), theirs.len(), "{name} {rows}×{columns}");
            let worst = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f32::max);
            assert!(worst <= 1e-4, "{name} {rows}×{columns}: {worst}");
        }
    }
}

#[test]
fn a_size_that_the_network_cannot_take_is_refused() {
    let (detector, reader) = (Net::parse(DETECTOR).unwrap(), Net::parse(READER).unwrap());
    for (rows, columns) in [(0, 0), (20, 20), (8, 16)] {
        assert_eq!(detector.run(rows, columns, &vec![0.0; rows * columns]), Err(NetError::Size { rows, columns }));
    }
    assert_eq!(reader.run(16, 144, &vec![0.0; 16 * 144]), Err(NetError::Size { rows: 16, columns: 144 }));
    for len in [0, 255, 257, 511] {
        assert_eq!(detector.run(16, 16, &vec![0.0; len]), Err(NetError::Size { rows: 16, columns: 16 }));
    }
}

#[test]
fn a_file_that_is_no_network_of_ours_is_refused() {
    assert!(matches!(Net::parse(b"no model"), Err(NetError::Unreadable(_) | NetError::Unknown(_))));
    assert!(Net::parse(&[]).is_err());
    let renamed: Vec<u8> = READER.to_vec();
    let at = renamed.windows(10).rposition(|w| w == b"LogSoftmax").unwrap();
    let other = [&renamed[..at], b"HardSwishX", &renamed[at + 10..]].concat();
    assert!(matches!(Net::parse(&other), Err(NetError::Unknown(what)) if what.contains("HardSwishX")));
}

/// As the definition says it.
fn slowly(shape: &Shape, weights: &[f32], bias: &[f32], rows: usize, columns: usize, input: impl Fn(usize, isize, isize) -> f32) -> Vec<f32> {
    let (high, wide) = shape.kernel;
    let size = |n: usize, k: usize, s: usize, p: usize| (n + 2 * p - k) / s + 1;
    let (out_rows, out_columns) = (size(rows, high, shape.stride.0, shape.pad.0), size(columns, wide, shape.stride.1, shape.pad.1));
    let mut out = Vec::new();
    for channel in 0..shape.channels_out {
        for row in 0..out_rows {
            for column in 0..out_columns {
                let mut sum = bias[channel];
                for c in 0..shape.channels_in {
                    for y in 0..high {
                        for x in 0..wide {
                            let (at_y, at_x) = ((row * shape.stride.0 + y) as isize, (column * shape.stride.1 + x) as isize);
                            let weight = weights[((channel * shape.channels_in + c) * high + y) * wide + x];
                            sum += weight * input(c, at_y - shape.pad.0 as isize, at_x - shape.pad.1 as isize);
                        }
                    }
                }
                out.push(sum);
            }
        }
    }
    out
}

/// Vectors that are not the best of this machine.
#[derive(Clone, Copy)]
struct Only<I>(I);

impl<I: Isa> Vectors for Only<I> {
    fn run<O: SimdOp>(self, op: O) -> O::Output {
        op.eval(self.0)
    }
}

/// What a roadside box has: eight numbers in a vector, or four. Those of Neon are four as well and run the same inner loop.
fn on_narrow_vectors(shape: &Shape, weights: &[f32], bias: &[f32], input: &Maps) -> Vec<(&'static str, Maps)> {
    fn on<I: Isa>(isa: I, shape: &Shape, weights: &[f32], bias: &[f32], input: &Maps) -> Maps {
        let conv = Conv::made_for(Only(isa), shape.clone(), weights, bias.to_vec());
        conv.run_on(Only(isa), input, None, &mut littered()).unwrap()
    }
    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "AVX2 is pushed where it may be"))]
    let mut outs = vec![("four", on(GenericIsa::new(), shape, weights, bias, input))];
    #[cfg(target_arch = "x86_64")]
    match rten_simd::isa::Avx2Isa::new() {
        Some(isa) => outs.push(("AVX2", on(isa, shape, weights, bias, input))),
        None => eprintln!("not tested on AVX2: this processor has none"),
    }
    outs
}

/// Buffers in which what is not written over shows.
fn littered() -> Spare {
    let mut spare = Spare::default();
    (0..3).for_each(|_| spare.give(vec![f32::NAN; 1_500_000]));
    spare
}

/// Some of them large enough for the larger tiles, with stride too.
fn sizes() -> impl Strategy<Value = (usize, usize)> {
    let of_threes = prop_oneof![Just(5_usize), Just(6), Just(9)];
    prop_oneof![3 => (1..14_usize, 1..21_usize), 1 => (29..50_usize, 29..50_usize), 1 => (of_threes, 121..140_usize)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The direct way and the quick ones, whatever the sizes: margins, odd sides, channels that fill up, pictures below each other.
    #[test]
    fn every_convolution_is_what_the_definition_says(
        (rows, columns) in sizes(), channels in (1..40_usize, 1..40_usize), count in 1..4_usize,
        kernel in (1..4_usize, 1..6_usize), stride in (1..3_usize, 1..3_usize), (is_three, is_plain) in any::<(bool, bool)>(), seed: u32,
    ) {
        let stride = if is_three && is_plain { (1, 1) } else { stride };
        let kernel = if is_three || channels.0 == 1 { (3, 3) } else { kernel };
        let pad = (kernel.0 / 2, kernel.1 / 2);
        let shape = Shape { channels_in: channels.0, channels_out: channels.1, kernel, stride, pad };
        let weights = picture(channels.0 * channels.1, kernel.0 * kernel.1, seed);
        let bias = picture(1, channels.1, seed ^ 1);
        let levels: Vec<Vec<f32>> = (0..channels.0).map(|c| picture(count * rows, columns, seed ^ (2 + c as u32))).collect();
        let mut input = Maps::framed(count, rows, columns, shape.padded_in(), &mut Spare::default());
        for (c, plane) in levels.iter().enumerate() {
            for (n, value) in plane.iter().enumerate() {
                let at = input.at(n / columns / rows, n / columns % rows, n % columns) + c;
                input.values[at] = *value;
            }
        }
        let inside = |number: usize, c: usize, y: isize, x: isize| {
            let is_inside = (0..rows as isize).contains(&y) && (0..columns as isize).contains(&x);
            if is_inside { levels[c][(number * rows + y as usize) * columns + x as usize] } else { 0.0 }
        };
        let of_one = |number| slowly(&shape, &weights, &bias, rows, columns, |c, y, x| inside(number, c, y, x));
        let expected: Vec<f32> = (0..count).flat_map(of_one).collect();
        let best = Conv::new(shape.clone(), &weights, bias.clone()).run(&input, None, &mut littered()).unwrap();
        let mut outs = on_narrow_vectors(&shape, &weights, &bias, &input);
        outs.push(("the best", best));
        for (vectors, out) in outs {
            let got = out.planes(shape.channels_out);
            prop_assert_eq!(got.len(), expected.len());
            for (a, b) in got.iter().zip(&expected) {
                prop_assert!((a - b).abs() <= 1e-4 * b.abs().max(1.0), "{} for {} on {}", a, b, vectors);
            }
        }
    }
}

proptest! {
    // Each case reads five megabytes.
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// The steps stand in the first kilobytes, the weights behind them.
    #[test]
    fn damaged_files_never_panic(spots in proptest::collection::vec((0..12_000_usize, any::<u8>()), 1..6)) {
        let mut bytes = READER.to_vec();
        for (at, value) in spots {
            bytes[at] = value;
        }
        if let Ok(net) = Net::parse(&bytes) {
            let _ = net.run(48, 144, &picture(48, 144, 1));
        }
    }
}
