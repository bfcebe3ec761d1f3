//! `framebuf` (docs: library/framebuf): drawing on pixels in a buffer.

mod canvas;
mod font;
mod shapes;

use self::canvas::{Canvas, Format, Layout};
use crate::buffer::charged;
use alloc::vec::Vec;
use snakeye_vm::object::{
    BufferValue, Entry, HeldView, List, ModuleDef, NativeObject, NativeValue, Step, StrValue, TupleHead, TypeDef,
};
use snakeye_vm::text::{element_at, element_count};
use snakeye_vm::{Res, Rom, Slot, Value, Vm, method};

/// The module.
pub static FRAMEBUF: ModuleDef = ModuleDef {
    name: "framebuf",
    entries: &[
        ("FrameBuffer", Entry::Type(&FRAME_BUFFER)),
        method!("FrameBuffer1", 3, 4, legacy),
        ("MVLSB", Entry::Int(Format::MonoVlsb as i64)),
        ("MONO_VLSB", Entry::Int(Format::MonoVlsb as i64)),
        ("MONO_HLSB", Entry::Int(Format::MonoHlsb as i64)),
        ("MONO_HMSB", Entry::Int(Format::MonoHmsb as i64)),
        ("RGB565", Entry::Int(Format::Rgb565 as i64)),
        ("GS2_HMSB", Entry::Int(Format::Gs2 as i64)),
        ("GS4_HMSB", Entry::Int(Format::Gs4 as i64)),
        ("GS8", Entry::Int(Format::Gs8 as i64)),
    ],
    init: None,
};

/// `FrameBuffer(buffer, width, height, format, stride=width)`
pub static FRAME_BUFFER: Rom<TypeDef> = Rom::new(TypeDef {
    name: "FrameBuffer",
    attrs: &[
        method!("fill", 2, 2, fill),
        method!("fill_rect", 6, 6, fill_rect),
        method!("pixel", 3, 4, pixel),
        method!("hline", 5, 5, hline),
        method!("vline", 5, 5, vline),
        method!("rect", 6, 7, rect),
        method!("line", 6, 6, line),
        method!("ellipse", 6, 8, ellipse),
        method!("poly", 5, 6, poly),
        method!("blit", 4, 6, blit),
        method!("scroll", 3, 3, scroll),
        method!("text", 4, 5, text),
    ],
    new: Some(|vm, _, args| {
        args.no_keywords(vm)?;
        if !(4..=5).contains(&args.pos.len()) {
            return Err(vm.type_error("function missing required positional arguments"));
        }
        make(vm, args.pos).map(Step::Done)
    }),
    hash: Some(|_, v| Ok(snakeye_vm::ops::address_hash(v))),
    ..TypeDef::NEW
});

struct FrameBuffer {
    /// The object with the pixels.
    buffer: Slot,
    layout: Layout,
}

impl NativeObject for FrameBuffer {
    fn class(&self) -> &'static Rom<TypeDef> {
        &FRAME_BUFFER
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.buffer.trace(visit);
    }
    fn clear(&self) {
        self.buffer.set(Value::NONE);
    }
    fn buffer(&self) -> Option<HeldView> {
        HeldView::of(&self.buffer.get())
    }
}

/// Layout from width, height, format and stride, checked against the buffer's length. ValueError without a message
/// when they do not fit, as in MicroPython.
fn layout(vm: &mut Vm, args: &[Value]) -> Res<(Value, Layout)> {
    let [width, height, format] = [vm.index_of(&args[1])?, vm.index_of(&args[2])?, vm.index_of(&args[3])?];
    let stride = match args.get(4) {
        Some(v) => vm.index_of(v)?,
        None => width,
    };
    let sides = (u16::try_from(width), u16::try_from(height), u16::try_from(stride));
    let (Ok(width @ 1..), Ok(height @ 1..), Ok(stride)) = sides else { return Err(bare_value_error(vm)) };
    if stride < width {
        return Err(bare_value_error(vm));
    }
    let Some(format) = Format::of(format) else { return Err(vm.value_error("invalid format")) };
    let layout = Layout::new(format, width, height, stride);
    let buffer = vm.base_object(&args[0]);
    match buffer.buffer().map(|b| b.len()) {
        None => Err(vm.type_error("object with buffer protocol required")),
        Some(n) if n < layout.bytes() => Err(bare_value_error(vm)),
        Some(_) => Ok((buffer, layout)),
    }
}

fn bare_value_error(vm: &mut Vm) -> snakeye_vm::Raised {
    vm.raise_args(&snakeye_vm::exceptions::VALUE_ERROR, &[])
}

fn make(vm: &mut Vm, args: &[Value]) -> Res {
    let (buffer, layout) = layout(vm, args)?;
    if HeldView::of(&buffer).is_none_or(|b| b.readonly) {
        return Err(vm.type_error("object with buffer protocol required"));
    }
    vm.new_native(FrameBuffer { buffer: Slot::new(buffer), layout })
}

/// `FrameBuffer1(buffer, width, height[, stride])`: the old name for monochrome displays.
fn legacy(vm: &mut Vm, args: &[Value]) -> Res {
    let stride = args.get(3).unwrap_or(&args[1]).clone();
    make(vm, &[args[0].clone(), args[1].clone(), args[2].clone(), Value::int(Format::MonoVlsb as i32), stride])
}

/// Runs `f` on the pixels. ValueError when the buffer has become too short.
fn draw<R>(vm: &mut Vm, v: &Value, f: impl FnOnce(&mut Canvas) -> R) -> Res<R> {
    let base = vm.base_object(v);
    let Some(frame) = base.native::<FrameBuffer>() else {
        return Err(vm.type_error("argument should be a 'FrameBuffer'"));
    };
    let layout = frame.layout;
    let buffer = frame.buffer.get();
    let drawn = buffer.with_buffer_mut(|bytes| Canvas::new(layout, bytes).map(|mut c| f(&mut c)));
    match drawn {
        Some(Some(r)) => Ok(r),
        _ => Err(bare_value_error(vm)),
    }
}

/// Integer arguments. Coordinates are kept within ±2^26, far outside of any frame, so that sums and products fit.
fn numbers<const N: usize>(vm: &mut Vm, args: &[Value]) -> Res<[i64; N]> {
    const FAR: i64 = 1 << 26;
    let mut out = [0; N];
    for (place, v) in out.iter_mut().zip(args) {
        *place = vm.index_of(v)?.clamp(-FAR, FAR);
    }
    Ok(out)
}

fn colour(vm: &mut Vm, v: &Value) -> Res<u32> {
    Ok(vm.index_of(v)? as u32)
}

fn truth(vm: &mut Vm, v: Option<&Value>) -> Res<bool> {
    v.map_or(Ok(false), |v| vm.truth(v))
}

fn fill(vm: &mut Vm, args: &[Value]) -> Res {
    let c = colour(vm, &args[1])?;
    draw(vm, &args[0], |canvas| {
        let (w, h) = canvas.size();
        canvas.fill_rect(0, 0, w, h, c);
    })?;
    Ok(Value::NONE)
}

fn fill_rect(vm: &mut Vm, args: &[Value]) -> Res {
    let [x, y, w, h] = numbers(vm, &args[1..])?;
    let c = colour(vm, &args[5])?;
    draw(vm, &args[0], |canvas| canvas.fill_rect(x, y, w, h, c))?;
    Ok(Value::NONE)
}

fn pixel(vm: &mut Vm, args: &[Value]) -> Res {
    let [x, y] = numbers(vm, &args[1..])?;
    match args.get(3) {
        None => match draw(vm, &args[0], |canvas| canvas.get_checked(x, y))? {
            Some(c) => Ok(Value::int(c as i32)),
            None => Ok(Value::NONE),
        },
        Some(c) => {
            let c = colour(vm, c)?;
            draw(vm, &args[0], |canvas| canvas.set_checked(x, y, c))?;
            Ok(Value::NONE)
        }
    }
}

fn hline(vm: &mut Vm, args: &[Value]) -> Res {
    let [x, y, w] = numbers(vm, &args[1..])?;
    let c = colour(vm, &args[4])?;
    draw(vm, &args[0], |canvas| canvas.fill_rect(x, y, w, 1, c))?;
    Ok(Value::NONE)
}

fn vline(vm: &mut Vm, args: &[Value]) -> Res {
    let [x, y, h] = numbers(vm, &args[1..])?;
    let c = colour(vm, &args[4])?;
    draw(vm, &args[0], |canvas| canvas.fill_rect(x, y, 1, h, c))?;
    Ok(Value::NONE)
}

fn rect(vm: &mut Vm, args: &[Value]) -> Res {
    let [x, y, w, h] = numbers(vm, &args[1..])?;
    let c = colour(vm, &args[5])?;
    let filled = truth(vm, args.get(6))?;
    draw(vm, &args[0], |canvas| {
        if filled {
            canvas.fill_rect(x, y, w, h, c);
        } else {
            canvas.fill_rect(x, y, w, 1, c);
            canvas.fill_rect(x, y + h - 1, w, 1, c);
            canvas.fill_rect(x, y, 1, h, c);
            canvas.fill_rect(x + w - 1, y, 1, h, c);
        }
    })?;
    Ok(Value::NONE)
}

fn line(vm: &mut Vm, args: &[Value]) -> Res {
    let [x1, y1, x2, y2] = numbers(vm, &args[1..])?;
    let c = colour(vm, &args[5])?;
    draw(vm, &args[0], |canvas| canvas.line((x1, y1), (x2, y2), c))?;
    Ok(Value::NONE)
}

fn ellipse(vm: &mut Vm, args: &[Value]) -> Res {
    let [x, y, rx, ry] = numbers(vm, &args[1..])?;
    let c = colour(vm, &args[5])?;
    let filled = truth(vm, args.get(6))?;
    let quadrants = match args.get(7) {
        Some(m) => vm.index_of(m)? as u8 & 15,
        None => 15,
    };
    // Beyond, the squares of the algorithm would not fit; no display is that large.
    const LARGEST: i64 = 1 << 19;
    if !(-LARGEST..=LARGEST).contains(&rx) || !(-LARGEST..=LARGEST).contains(&ry) {
        return Err(bare_value_error(vm));
    }
    draw(vm, &args[0], |canvas| canvas.ellipse((x, y), (rx, ry), c, filled, quadrants))?;
    Ok(Value::NONE)
}

/// `poly(x, y, coords, c[, f])`; an odd last coordinate is left out.
fn poly(vm: &mut Vm, args: &[Value]) -> Res {
    let [x, y] = numbers(vm, &args[1..])?;
    let coords = vm.base_object(&args[3]);
    if coords.buffer().is_none() {
        return Err(vm.type_error("object with buffer protocol required"));
    }
    let n = element_count(&coords) / 2;
    charged(vm, n.saturating_mul(48))?;
    let mut corners = Vec::new();
    for i in 0..n {
        let (Some(cx), Some(cy)) = (element_at(vm, &coords, 2 * i)?, element_at(vm, &coords, 2 * i + 1)?) else {
            break;
        };
        let [cx, cy] = numbers(vm, &[cx, cy])?;
        corners.push((cx, cy));
    }
    let c = colour(vm, &args[4])?;
    let filled = truth(vm, args.get(5))?;
    draw(vm, &args[0], |canvas| match filled {
        true => canvas.fill_polygon((x, y), &corners, c),
        false => canvas.polygon((x, y), &corners, c),
    })?;
    Ok(Value::NONE)
}

/// A frame to read from: a FrameBuffer, or a tuple or list with what its constructor takes.
fn source(vm: &mut Vm, v: &Value) -> Res<(Value, Layout)> {
    let base = vm.base_object(v);
    if let Some(frame) = base.native::<FrameBuffer>() {
        return Ok((frame.buffer.get(), frame.layout));
    }
    let items: Vec<Value> = if let Some((_, items)) = base.tail::<TupleHead>() {
        items.to_vec()
    } else if let Some(list) = base.get::<List>() {
        match list.items.try_borrow() {
            Ok(items) => items.iter().cloned().collect(),
            Err(_) => return Err(vm.busy()),
        }
    } else {
        let t = vm.type_name(v);
        return Err(vm.type_error_fmt(format_args!("object '{t}' isn't a tuple or list")));
    };
    if !(4..=5).contains(&items.len()) {
        return Err(bare_value_error(vm));
    }
    layout(vm, &items)
}

/// What is copied from where to where.
struct Copy<'a> {
    from: Layout,
    /// Where the source's upper left corner comes to lie.
    at: (i64, i64),
    /// Columns and rows of the source that lie inside the target.
    columns: core::ops::Range<i64>,
    rows: core::ops::Range<i64>,
    /// The colour that is left out, after the palette.
    key: u32,
    palette: Option<&'a [u32]>,
}

impl Copy<'_> {
    fn onto(&self, canvas: &mut Canvas, bytes: &[u8]) {
        for y in self.rows.clone() {
            for x in self.columns.clone() {
                let c = self.from.get(bytes, x as usize, y as usize);
                let c = match self.palette {
                    Some(palette) => palette.get(c as usize).copied().unwrap_or(0),
                    None => c,
                };
                if c != self.key {
                    canvas.set_checked(self.at.0 + x, self.at.1 + y, c);
                }
            }
        }
    }
}

fn blit(vm: &mut Vm, args: &[Value]) -> Res {
    let (buffer, from) = source(vm, &args[1])?;
    let [x, y] = numbers(vm, &args[2..])?;
    let key = match args.get(4) {
        Some(k) => colour(vm, k)?,
        None => u32::MAX,
    };
    let palette: Option<Vec<u32>> = match args.get(5) {
        Some(p) if !p.is_none() => {
            let (buffer, layout) = source(vm, p)?;
            charged(vm, layout.width * 4)?;
            let colours = |b: &[u8]| (0..layout.width).map(|x| layout.get(b, x, 0)).collect();
            buffer.buffer().map(|b| b.with(colours))
        }
        _ => None,
    };
    let (width, height) = draw(vm, &args[0], |canvas| canvas.size())?;
    let copy = Copy {
        from,
        at: (x, y),
        columns: (-x).max(0)..(from.width as i64).min(width - x),
        rows: (-y).max(0)..(from.height as i64).min(height - y),
        key,
        palette: palette.as_deref(),
    };
    // A frame can lie in the one it is drawn on; its bytes are copied then.
    let target = HeldView::of(&vm.base_object(&args[0])).map(|t| t.owner);
    let Some(bytes) = HeldView::of(&buffer) else { return Err(vm.busy()) };
    if target.is_some_and(|t| t.is(&bytes.owner)) {
        charged(vm, bytes.len)?;
        let bytes = bytes.with(<[u8]>::to_vec);
        draw(vm, &args[0], |canvas| copy.onto(canvas, &bytes))?;
    } else {
        bytes.with(|bytes| draw(vm, &args[0], |canvas| copy.onto(canvas, bytes)))?;
    }
    Ok(Value::NONE)
}

fn scroll(vm: &mut Vm, args: &[Value]) -> Res {
    let [dx, dy] = numbers(vm, &args[1..])?;
    draw(vm, &args[0], |canvas| canvas.scroll(dx, dy))?;
    Ok(Value::NONE)
}

/// `text(s, x, y, c=1)`, 8 by 8 pixels a character.
fn text(vm: &mut Vm, args: &[Value]) -> Res {
    let s = vm.base_object(&args[1]);
    let Some(s) = s.as_str() else {
        let t = vm.type_name(&args[1]);
        return Err(vm.type_error_fmt(format_args!("can't convert '{t}' object to str implicitly")));
    };
    let [x, y] = numbers(vm, &args[2..])?;
    let c = match args.get(4) {
        Some(c) => colour(vm, c)?,
        None => 1,
    };
    draw(vm, &args[0], |canvas| canvas.text(s, x, y, c))?;
    Ok(Value::NONE)
}
