//! Rows in one order, column by column: gathered by the window, written by the page.

use super::WriteError;
use super::file::{Chunk, PageBody, Squeeze, Squeezer};
use super::order::Orders;
use super::pack::{Deltas, put_deltas, put_levels, put_packed_run, put_runs, put_texts, width_of};
use super::shape::{WINDOW_ROWS, by_plate, by_source};
use crate::code::{CHARS_MAX, PlateCode};
use crate::row::{AT_SOURCE, DAY_MS, Extra, NO_DIRECTION, Row};

/// The values that occur in a column of few values, sorted, and each one's place.
pub struct Words {
    pub values: Vec<u32>,
    places: Vec<u16>,
}

impl Words {
    fn of(values: impl Iterator<Item = usize>, len: usize) -> Self {
        let mut places = vec![u16::MAX; len];
        for value in values {
            if let Some(place) = places.get_mut(value) {
                *place = 0;
            }
        }
        let mut values = Vec::new();
        for (value, place) in places.iter_mut().enumerate().filter(|(_, place)| **place == 0) {
            *place = values.len() as u16;
            values.push(value as u32);
        }
        Self { values, places }
    }

    fn place(&self, value: usize) -> u32 {
        self.places.get(value).map_or(0, |place| u32::from(*place))
    }

    /// Numbers of more than three and less than nine bits take eight: zstd then sees them one by one.
    fn width(&self) -> u32 {
        match width_of(self.values.len().saturating_sub(1) as u64) {
            width @ 0..=3 => width,
            4..=8 => 8,
            width => width,
        }
    }

    fn plain(&self) -> Vec<u8> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}

/// What both files' dictionaries hold.
pub struct Book {
    pub confidences: Words,
    pub directions: Words,
    pub pictures: Words,
}

impl Book {
    pub fn of(rows: &[Row]) -> Self {
        Self {
            confidences: Words::of(rows.iter().map(|row| usize::from(row.confidence_pm)), 1 << 16),
            directions: Words::of(rows.iter().map(|row| usize::from(row.direction)), usize::from(NO_DIRECTION)),
            pictures: Words::of(rows.iter().map(|row| usize::from(row.pictures)), 1 << 8),
        }
    }
}

/// All that the columns are made of.
pub struct Material<'a> {
    pub rows: &'a [Row],
    pub extras: &'a [Extra],
    pub orders: &'a Orders,
    pub book: &'a Book,
}

/// One nullable column of a window: the values that there are, and where.
#[derive(Default)]
struct Sparse<T> {
    values: Vec<T>,
    levels: Vec<u32>,
}

impl<T> Sparse<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(u32::from(value.is_some()));
        self.values.extend(value);
    }

    fn clear(&mut self) {
        self.values.clear();
        self.levels.clear();
    }
}

/// The columns that both files have.
#[derive(Default)]
struct Window {
    times: Vec<i64>,
    sources: Vec<u32>,
    plates: Vec<u32>,
    lon_e6: Sparse<i64>,
    lat_e6: Sparse<i64>,
    confidences: Vec<u32>,
    directions: Sparse<u32>,
}

impl Window {
    #[allow(clippy::indexing_slicing, reason = "the orders hold indexes of these rows")]
    fn gather(&mut self, material: &Material<'_>, order: &[u32]) {
        self.times.clear();
        self.sources.clear();
        self.plates.clear();
        self.lon_e6.clear();
        self.lat_e6.clear();
        self.confidences.clear();
        self.directions.clear();
        for index in order {
            let index = *index as usize;
            let row = &material.rows[index];
            self.times.push(row.at_ms);
            self.sources.push(material.orders.source_at[index]);
            self.plates.push(material.orders.plate_at[index]);
            let has_place = row.lon_e6 != AT_SOURCE;
            self.lon_e6.push(has_place.then_some(i64::from(row.lon_e6)));
            self.lat_e6.push(has_place.then_some(i64::from(row.lat_e6)));
            self.confidences.push(material.book.confidences.place(usize::from(row.confidence_pm)));
            let direction = material.book.directions.place(usize::from(row.direction));
            self.directions.push((row.direction != NO_DIRECTION).then_some(direction));
        }
    }
}

/// How a page's values are written.
#[derive(Clone, Copy)]
enum Form {
    Packed(u32),
    Runs(u32),
}

struct Pen<'a> {
    squeezer: &'a mut Squeezer,
    values: Vec<u8>,
    levels: Vec<u8>,
}

impl Pen<'_> {
    fn numbers(&mut self, chunk: &mut Chunk, page: &[u32], form: Form, squeeze: Squeeze) -> Result<(), WriteError> {
        self.values.clear();
        self.put_numbers(page, form);
        let body = PageBody { rows: page.len(), nulls: 0, levels: &[], values: &self.values, squeeze };
        chunk.put_page(&body, self.squeezer)
    }

    fn put_numbers(&mut self, page: &[u32], form: Form) {
        let (Form::Packed(width) | Form::Runs(width)) = form;
        self.values.push(width as u8);
        let is_constant = page.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
        if matches!(form, Form::Runs(_)) || is_constant {
            put_runs(&mut self.values, width, page);
        } else {
            put_packed_run(&mut self.values, width, page);
        }
    }

    fn deltas(&mut self, chunk: &mut Chunk, page: &[i64], deltas: Deltas, squeeze: Squeeze) -> Result<(), WriteError> {
        self.values.clear();
        put_deltas(&mut self.values, page, deltas);
        let body = PageBody { rows: page.len(), nulls: 0, levels: &[], values: &self.values, squeeze };
        chunk.put_page(&body, self.squeezer)
    }

    /// All pages of a window of a nullable column; nothing when the whole column has no value.
    fn sparse<T>(
        &mut self,
        chunk: &mut Chunk,
        column: &Sparse<T>,
        mut put: impl FnMut(&mut Vec<u8>, &[T]),
    ) -> Result<(), WriteError> {
        let mut values = column.values.as_slice();
        for levels in column.levels.chunks(chunk.shape().page_rows) {
            let present = levels.iter().filter(|level| **level == 1).count();
            let (here, rest) = values.split_at_checked(present).unwrap_or((values, &[]));
            values = rest;
            self.levels.clear();
            put_levels(&mut self.levels, levels);
            self.values.clear();
            put(&mut self.values, here);
            let nulls = levels.len() - present;
            let squeeze = if present > 0 { Squeeze::Fast } else { Squeeze::No };
            let body = PageBody { rows: levels.len(), nulls, levels: &self.levels, values: &self.values, squeeze };
            chunk.put_page(&body, self.squeezer)?;
        }
        Ok(())
    }

    fn sparse_numbers(&mut self, chunk: &mut Chunk, column: &Sparse<u32>, width: u32) -> Result<(), WriteError> {
        self.sparse(chunk, column, |out, page| {
            out.push(width as u8);
            put_packed_run(out, width, page);
        })
    }

    fn sparse_deltas(&mut self, chunk: &mut Chunk, column: &Sparse<i64>) -> Result<(), WriteError> {
        self.sparse(chunk, column, |out, page| put_deltas(out, page, Deltas::Packed32))
    }
}

/// A column in which no row has a value: one page.
fn put_absent(chunk: &mut Chunk, rows: usize, empty: &[u8], squeezer: &mut Squeezer) -> Result<(), WriteError> {
    let mut levels = Vec::new();
    super::pack::put_run_of(&mut levels, 0, rows);
    chunk.put_page(&PageBody { rows, nulls: rows, levels: &levels, values: empty, squeeze: Squeeze::No }, squeezer)
}

fn no_deltas() -> Vec<u8> {
    let mut empty = Vec::new();
    put_deltas(&mut empty, &[], Deltas::Packed);
    empty
}

fn source_words(orders: &Orders) -> Vec<u8> {
    orders.sources.iter().flat_map(|source| source.source.to_le_bytes()).collect()
}

fn bounds_of_times(chunk: &mut Chunk, page: &[i64]) {
    let least = page.iter().min().copied().unwrap_or(0);
    let greatest = page.iter().max().copied().unwrap_or(0);
    chunk.put_bounds(&least.to_le_bytes(), &greatest.to_le_bytes());
}

/// What both files have at the same places: position, confidence, direction.
struct Shared<'a> {
    lon: &'a mut Chunk,
    lat: &'a mut Chunk,
    confidences: &'a mut Chunk,
    directions: &'a mut Chunk,
    book: &'a Book,
    direction_width: u32,
    has_places: bool,
    has_directions: bool,
}

impl Shared<'_> {
    fn put_dictionaries(&mut self, squeezer: &mut Squeezer) -> Result<(), WriteError> {
        let (confidences, directions) = (&self.book.confidences, &self.book.directions);
        self.confidences.put_dictionary(confidences.values.len(), &confidences.plain(), squeezer)?;
        self.directions.put_dictionary(directions.values.len(), &directions.plain(), squeezer)
    }

    fn put(&mut self, window: &Window, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        for page in window.confidences.chunks(self.confidences.shape().page_rows) {
            pen.numbers(self.confidences, page, Form::Packed(self.book.confidences.width()), Squeeze::Fast)?;
        }
        if self.has_places {
            pen.sparse_deltas(self.lon, &window.lon_e6)?;
            pen.sparse_deltas(self.lat, &window.lat_e6)?;
        }
        if self.has_directions {
            pen.sparse_numbers(self.directions, &window.directions, self.direction_width)?;
        }
        Ok(())
    }

    fn put_absent(&mut self, rows: usize, squeezer: &mut Squeezer) -> Result<(), WriteError> {
        if !self.has_places {
            put_absent(self.lon, rows, &no_deltas(), squeezer)?;
            put_absent(self.lat, rows, &no_deltas(), squeezer)?;
        }
        if self.has_directions { Ok(()) } else { put_absent(self.directions, rows, &[1], squeezer) }
    }
}

fn source_width(orders: &Orders) -> u32 {
    width_of(orders.sources.len().saturating_sub(1) as u64)
}

/// The file in plate order.
pub fn plate_chunks(material: &Material<'_>, squeezer: &mut Squeezer) -> Result<Vec<Chunk>, WriteError> {
    let (orders, book) = (material.orders, material.book);
    let mut chunks: [Chunk; 7] = by_plate::SHAPES.each_ref().map(Chunk::new);
    let [plates, times, sources, lon, lat, confidences, directions] = &mut chunks;
    let has_places = orders.sources.iter().any(|source| source.moves);
    let has_directions = !book.directions.values.is_empty();
    let direction_width = book.directions.width();
    let mut shared = Shared { lon, lat, confidences, directions, book, direction_width, has_places, has_directions };
    sources.put_dictionary(orders.sources.len(), &source_words(orders), squeezer)?;
    shared.put_dictionaries(squeezer)?;
    let mut pen = Pen { squeezer, values: Vec::new(), levels: Vec::new() };
    let mut window = Window::default();
    // Whole bytes, so that zstd sees which sources come often.
    let width = source_width(orders).next_multiple_of(8);
    for order in orders.by_plate.chunks(WINDOW_ROWS) {
        window.gather(material, order);
        for page in window.plates.chunks(plates.shape().page_rows) {
            put_plate_page(&mut pen, plates, orders, page)?;
        }
        for page in window.times.chunks(times.shape().page_rows) {
            pen.deltas(times, page, Deltas::Aligned, Squeeze::Fast)?;
        }
        for page in window.sources.chunks(sources.shape().page_rows) {
            pen.numbers(sources, page, Form::Packed(width), Squeeze::Hard)?;
        }
        shared.put(&window, &mut pen)?;
    }
    shared.put_absent(orders.by_plate.len(), pen.squeezer)?;
    Ok(chunks.into())
}

#[allow(clippy::indexing_slicing, reason = "the page holds places among the orders' plates")]
fn put_plate_page(pen: &mut Pen<'_>, chunk: &mut Chunk, orders: &Orders, page: &[u32]) -> Result<(), WriteError> {
    pen.values.clear();
    for run in page.chunk_by(|a, b| a == b) {
        let place = run.first().map_or(0, |place| *place as usize);
        let from = pen.values.len();
        put_plain(&mut pen.values, orders.plates[place].0);
        let until = pen.values.len();
        for _ in 1..run.len() {
            pen.values.extend_from_within(from..until);
        }
    }
    let body = PageBody { rows: page.len(), nulls: 0, levels: &[], values: &pen.values, squeeze: Squeeze::Well };
    chunk.put_page(&body, pen.squeezer)?;
    let text = |place: Option<&u32>| place.map_or_else(String::new, |place| orders.plates[*place as usize].0.to_string());
    chunk.put_bounds(text(page.first()).as_bytes(), text(page.last()).as_bytes());
    Ok(())
}

fn plate_words(orders: &Orders) -> Vec<u8> {
    let mut plain = Vec::with_capacity(orders.plates.len() * (4 + CHARS_MAX));
    for (plate, _) in &orders.plates {
        put_plain(&mut plain, *plate);
    }
    plain
}

fn put_plain(out: &mut Vec<u8>, plate: PlateCode) {
    let mut buffer = [0; CHARS_MAX];
    let text = plate.text(&mut buffer).as_bytes();
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text);
}

/// The columns that only the full record has.
#[derive(Default)]
struct Rest<'a> {
    sequences: Vec<i64>,
    pictures: Vec<u32>,
    lag_ms: Sparse<i64>,
    speed_dkmh: Sparse<i64>,
    reads: Sparse<i64>,
    detail: Sparse<&'a [u8]>,
}

impl<'a> Rest<'a> {
    #[allow(clippy::indexing_slicing, reason = "the orders hold indexes of these rows")]
    fn gather(&mut self, material: &Material<'a>, order: &[u32], has_extras: bool) {
        self.sequences.clear();
        self.pictures.clear();
        self.lag_ms.clear();
        self.speed_dkmh.clear();
        self.reads.clear();
        self.detail.clear();
        for index in order {
            let row = &material.rows[*index as usize];
            self.sequences.push(row.sequence as i64);
            self.pictures.push(material.book.pictures.place(usize::from(row.pictures)));
            if has_extras {
                let extra = (row.extra as usize).checked_sub(1).and_then(|at| material.extras.get(at));
                self.lag_ms.push(extra.and_then(|extra| extra.lag_ms).map(i64::from));
                self.speed_dkmh.push(extra.and_then(|extra| extra.speed_dkmh).map(i64::from));
                self.reads.push(extra.and_then(|extra| extra.reads).map(i64::from));
                self.detail.push(extra.and_then(|extra| extra.detail.as_deref()).map(str::as_bytes));
            }
        }
    }
}

/// The file in source order, with the full record. Gives the first time of each page of times beside the columns.
pub fn source_chunks(material: &Material<'_>, squeezer: &mut Squeezer) -> Result<(Vec<Chunk>, Vec<u32>), WriteError> {
    let (orders, book) = (material.orders, material.book);
    let mut chunks: [Chunk; 13] = by_source::SHAPES.each_ref().map(Chunk::new);
    let mut page_times = Vec::new();
    let [sources, times, plates, lon, lat, confidences, directions, rest @ ..] = &mut chunks;
    let has_places = orders.sources.iter().any(|source| source.moves);
    let has_directions = !book.directions.values.is_empty();
    // Whole bytes again: a lens sees the same few directions all day.
    let direction_width = book.directions.width().max(8);
    let mut shared = Shared { lon, lat, confidences, directions, book, direction_width, has_places, has_directions };
    sources.put_dictionary(orders.sources.len(), &source_words(orders), squeezer)?;
    plates.put_dictionary(orders.plates.len(), &plate_words(orders), squeezer)?;
    shared.put_dictionaries(squeezer)?;
    let mut rest_writer = RestWriter { chunks: rest, book, has: Has::of(material), gathered: Rest::default() };
    rest_writer.put_dictionary(squeezer)?;
    let mut pen = Pen { squeezer, values: Vec::new(), levels: Vec::new() };
    let mut window = Window::default();
    let plate_width = width_of(orders.plates.len().saturating_sub(1) as u64);
    for order in orders.by_source.chunks(WINDOW_ROWS) {
        window.gather(material, order);
        for page in window.sources.chunks(sources.shape().page_rows) {
            pen.numbers(sources, page, Form::Runs(source_width(orders)), Squeeze::Fast)?;
            put_source_bounds(sources, orders, page);
        }
        for page in window.times.chunks(times.shape().page_rows) {
            pen.deltas(times, page, Deltas::Packed, Squeeze::No)?;
            bounds_of_times(times, page);
            page_times.push(page.first().map_or(0, |at_ms| (at_ms - orders.day * DAY_MS) as u32));
        }
        for page in window.plates.chunks(plates.shape().page_rows) {
            pen.numbers(plates, page, Form::Packed(plate_width), Squeeze::No)?;
        }
        shared.put(&window, &mut pen)?;
        rest_writer.put(material, order, &mut pen)?;
    }
    shared.put_absent(orders.by_source.len(), pen.squeezer)?;
    rest_writer.put_absent(orders.by_source.len(), pen.squeezer)?;
    Ok((chunks.into(), page_times))
}

/// Writes the columns that only the full record has.
struct RestWriter<'c, 'm> {
    /// Sequence, pictures, lag, speed, reads, detail.
    chunks: &'c mut [Chunk; 6],
    book: &'m Book,
    has: Has,
    gathered: Rest<'m>,
}

impl<'m> RestWriter<'_, 'm> {
    fn put_dictionary(&mut self, squeezer: &mut Squeezer) -> Result<(), WriteError> {
        let [_, pictures, ..] = self.chunks;
        pictures.put_dictionary(self.book.pictures.values.len(), &self.book.pictures.plain(), squeezer)
    }

    fn put(&mut self, material: &Material<'m>, order: &[u32], pen: &mut Pen<'_>) -> Result<(), WriteError> {
        self.gathered.gather(material, order, self.has.any());
        let [sequences, pictures, lag, speed, reads, detail] = self.chunks;
        for page in self.gathered.sequences.chunks(sequences.shape().page_rows) {
            pen.deltas(sequences, page, Deltas::Packed, Squeeze::Fast)?;
        }
        for page in self.gathered.pictures.chunks(pictures.shape().page_rows) {
            pen.numbers(pictures, page, Form::Packed(self.book.pictures.width()), Squeeze::Fast)?;
        }
        if self.has.lag {
            pen.sparse_deltas(lag, &self.gathered.lag_ms)?;
        }
        if self.has.speed {
            pen.sparse_deltas(speed, &self.gathered.speed_dkmh)?;
        }
        if self.has.reads {
            pen.sparse_deltas(reads, &self.gathered.reads)?;
        }
        if self.has.detail {
            pen.sparse(detail, &self.gathered.detail, |out, page| put_texts(out, page.iter().copied()))?;
        }
        Ok(())
    }

    fn put_absent(&mut self, rows: usize, squeezer: &mut Squeezer) -> Result<(), WriteError> {
        let [_, _, lag, speed, reads, detail] = self.chunks;
        let columns = [(self.has.lag, lag), (self.has.speed, speed), (self.has.reads, reads), (self.has.detail, detail)];
        for (_, chunk) in columns.into_iter().filter(|(is_there, _)| !is_there) {
            put_absent(chunk, rows, &no_deltas(), squeezer)?;
        }
        Ok(())
    }
}

fn put_source_bounds(chunk: &mut Chunk, orders: &Orders, page: &[u32]) {
    let source = |place: Option<&u32>| place.and_then(|place| orders.sources.get(*place as usize)).map_or(0, |rows| rows.source);
    chunk.put_bounds(&source(page.first()).to_le_bytes(), &source(page.last()).to_le_bytes());
}

/// Which parts of an extra any row has.
struct Has {
    lag: bool,
    speed: bool,
    reads: bool,
    detail: bool,
}

impl Has {
    fn of(material: &Material<'_>) -> Self {
        let mut has = Self { lag: false, speed: false, reads: false, detail: false };
        let used = material.rows.iter().filter_map(|row| material.extras.get((row.extra as usize).checked_sub(1)?));
        for extra in used {
            has.lag |= extra.lag_ms.is_some();
            has.speed |= extra.speed_dkmh.is_some();
            has.reads |= extra.reads.is_some();
            has.detail |= extra.detail.is_some();
        }
        has
    }

    const fn any(&self) -> bool {
        self.lag || self.speed || self.reads || self.detail
    }
}
