//! `uctypes.struct`: a type laid over memory.

use super::layout::{
    ARRAY, Aggregate, BIG_ENDIAN, Kind, NATIVE, PTR, STRUCT as STRUCTURE, Scalar, bad_descriptor, size, size_of_type,
};
use super::word_arg;
use alloc::string::String;
use core::fmt::Write;
use snakeye_vm::exceptions as exc;
use snakeye_vm::object::{Args, ByteArray, Dict, HeldView, NativeObject, NativeValue, Slice, Step, TypeDef};
use snakeye_vm::text::low_bits;
use snakeye_vm::{Raised, Res, Rom, Slot, Value, Vm};

/// `struct(address, descriptor, layout=NATIVE)`
pub(super) static STRUCT: Rom<TypeDef> = Rom::new(TypeDef {
    name: "struct",
    new: Some(new),
    print: Some(print),
    hash: Some(|vm, _| Err(vm.type_error("unsupported type for __hash__: 'struct'"))),
    get_item: Some(get_item),
    set_item: Some(set_item),
    get_attr: Some(get_attr),
    set_attr: Some(set_attr),
    ..TypeDef::NEW
});

struct Structure {
    address: usize,
    layout: i64,
    /// What is there: a dict of fields, or the tuple of an aggregate.
    descriptor: Slot,
    /// The buffer the address lies in, or None, and where.
    owner: Slot,
    start: usize,
}

impl NativeObject for Structure {
    fn class(&self) -> &'static Rom<TypeDef> {
        &STRUCT
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.descriptor.trace(visit);
        self.owner.trace(visit);
    }
    fn clear(&self) {
        self.descriptor.set(Value::NONE);
        self.owner.set(Value::NONE);
    }
    fn address(&self) -> Option<usize> {
        Some(self.address)
    }
    fn buffer(&self) -> Option<HeldView> {
        let len = size(&self.descriptor.get(), self.layout).ok()?;
        let mut view = HeldView::of(&self.owner.get())?;
        view.start = self.start;
        view.len = len;
        view.typecode = b'B';
        Some(view)
    }
    fn int(&self, vm: &mut Vm) -> Option<Res> {
        let descriptor = self.descriptor.get();
        Aggregate::of(&descriptor).filter(|a| a.kind == PTR)?;
        Some(pointer(vm, self.address).and_then(|n| vm.new_uint(n as u64)))
    }
}

impl Structure {
    fn read<const N: usize>(&self, vm: &mut Vm, offset: usize, size: usize) -> Res<[u8; N]> {
        let mut bytes = [0; N];
        let (part, _) = bytes.split_at_mut(size.min(N));
        vm.read_memory(self.address.wrapping_add(offset), part)?;
        if self.is_big_endian() {
            part.reverse();
        }
        Ok(bytes)
    }

    /// Writes the low bytes of a word.
    fn write(&self, vm: &mut Vm, offset: usize, size: usize, word: u64) -> Res<()> {
        let mut bytes = word.to_le_bytes();
        let (part, _) = bytes.split_at_mut(size.min(8));
        if self.is_big_endian() {
            part.reverse();
        }
        vm.write_memory(self.address.wrapping_add(offset), part)
    }

    fn is_big_endian(&self) -> bool {
        self.layout == BIG_ENDIAN || self.layout == NATIVE && cfg!(target_endian = "big")
    }

    fn load(&self, vm: &mut Vm, offset: usize, kind: Kind) -> Res {
        let word = u64::from_le_bytes(self.read(vm, offset, kind.size())?);
        match kind {
            Kind::FLOAT32 => vm.new_float(f32::from_bits(word as u32) as f64),
            Kind::FLOAT64 => vm.new_float(f64::from_bits(word)),
            Kind(k) if k & 1 == 1 => {
                let unused = 64 - 8 * kind.size() as u32;
                vm.new_int((word << unused) as i64 >> unused)
            }
            _ => vm.new_uint(word),
        }
    }

    fn store(&self, vm: &mut Vm, offset: usize, kind: Kind, value: &Value) -> Res<()> {
        let word = match kind {
            Kind::FLOAT32 => (vm.float_of(value)? as f32).to_bits() as u64,
            Kind::FLOAT64 => vm.float_of(value)?.to_bits(),
            _ => low_bits(vm, value)?,
        };
        self.write(vm, offset, kind.size(), word)
    }

    /// A bit field; it is unsigned whatever its type says, as in MicroPython.
    fn load_bits(&self, vm: &mut Vm, field: Scalar) -> Res {
        let word = u64::from_le_bytes(self.read(vm, field.offset, field.kind.size())?);
        let (first, n) = field.bits;
        vm.new_uint(word >> first & ((1 << n) - 1))
    }

    fn store_bits(&self, vm: &mut Vm, field: Scalar, value: &Value) -> Res<()> {
        let new = vm.index_of(value)? as u64;
        let word = u64::from_le_bytes(self.read(vm, field.offset, field.kind.size())?);
        let (first, n) = field.bits;
        let mask = ((1u64 << n) - 1) << first;
        self.write(vm, field.offset, field.kind.size(), word & !mask | new << first & mask)
    }

    /// Something of another type, at an offset.
    fn part(&self, vm: &mut Vm, offset: usize, descriptor: &Value) -> Res {
        make(vm, self.address.wrapping_add(offset), descriptor.clone(), self.layout)
    }
}

fn make(vm: &mut Vm, address: usize, descriptor: Value, layout: i64) -> Res {
    let (owner, start) = vm.memory_owner(address).unwrap_or((Value::NONE, 0));
    vm.new_native(Structure { address, layout, descriptor: Slot::new(descriptor), owner: Slot::new(owner), start })
}

/// The address that is stored at an address.
fn pointer(vm: &mut Vm, address: usize) -> Res<usize> {
    let mut bytes = [0; size_of::<usize>()];
    vm.read_memory(address, &mut bytes)?;
    Ok(usize::from_ne_bytes(bytes))
}

fn this<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a Structure> {
    match v.native::<Structure>() {
        Some(s) => Ok(s),
        None => Err(vm.type_error("argument should be a 'struct'")),
    }
}

fn new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (address, descriptor, layout) = match args.pos {
        [address, descriptor] => (address, descriptor, NATIVE),
        [address, descriptor, layout] => (address, descriptor, vm.index_of(layout)?),
        [] | [_] => {
            let n = 2 - args.pos.len();
            return Err(vm.type_error_fmt(format_args!("function missing {n} required positional arguments")));
        }
        more => {
            let n = more.len();
            return Err(vm.type_error_fmt(format_args!("function expected at most 3 arguments, got {n}")));
        }
    };
    let address = word_arg(vm, address)?;
    make(vm, address, descriptor.clone(), layout).map(Step::Done)
}

/// `sizeof(struct or descriptor or bytearray, layout=NATIVE)`
pub(super) fn sizeof(vm: &mut Vm, args: &[Value]) -> Res {
    let (object, layout) = (&args[0], args.get(1));
    if object.get::<ByteArray>().is_some() || vm.type_name(object) == "bytearray" {
        let n = vm.len(object)?;
        return vm.new_uint(n as u64);
    }
    let n = match (object.native::<Structure>(), layout) {
        (Some(_), Some(_)) => return Err(vm.type_error("layout is the structure's own")),
        (Some(s), None) => size_of_type(vm, &s.descriptor.get(), s.layout)?,
        (None, Some(layout)) => {
            let layout = vm.index_of(layout)?;
            size_of_type(vm, object, layout)?
        }
        (None, None) => size_of_type(vm, object, NATIVE)?,
    };
    vm.new_uint(n as u64)
}

fn print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let s = this(vm, v)?;
    let descriptor = s.descriptor.get();
    let kind = if descriptor.get::<Dict>().is_some() {
        "STRUCT"
    } else {
        match Aggregate::of(&descriptor).map(|a| a.kind) {
            Some(PTR) => "PTR",
            Some(ARRAY) => "ARRAY",
            Some(_) => "unk",
            None => "ERROR",
        }
    };
    write!(out, "<struct {kind} {:x}>", s.address).map_err(|_| Raised)
}

/// The descriptor of a field. KeyError when there is none.
fn field(vm: &mut Vm, s: &Structure, name: &Value) -> Res {
    let descriptor = s.descriptor.get();
    let Some(dict) = descriptor.get::<Dict>() else { return Err(vm.type_error("struct: no fields")) };
    match dict.get(vm, name)? {
        Some(field) => Ok(field),
        None => Err(vm.key_error(name)),
    }
}

fn get_attr(vm: &mut Vm, v: &Value, name: &str) -> Res<Option<Value>> {
    let s = this(vm, v)?;
    let name = vm.intern(name)?;
    let found = field(vm, s, &name)?;
    if let Some(n) = found.as_small_int() {
        let scalar = Scalar::of(n);
        let bits = scalar.kind.is_bit_field();
        return if bits { s.load_bits(vm, scalar) } else { s.load(vm, scalar.offset, scalar.kind) }.map(Some);
    }
    let Some(aggregate) = Aggregate::of(&found) else { return bad_descriptor(vm) };
    match (aggregate.kind, aggregate.rest) {
        (STRUCTURE, [fields, ..]) => s.part(vm, aggregate.offset, fields).map(Some),
        (ARRAY, _) if aggregate.is_bytes() => {
            let n = aggregate.elements().map_or(0, |(n, _)| n);
            vm.bytearray_at(s.address.wrapping_add(aggregate.offset), n).map(Some)
        }
        (ARRAY | PTR, _) => s.part(vm, aggregate.offset, &found).map(Some),
        _ => bad_descriptor(vm),
    }
}

fn set_attr(vm: &mut Vm, v: &Value, name: &Value, value: Option<Value>) -> Res<bool> {
    let s = this(vm, v)?;
    let Some(value) = value else { return Ok(false) };
    match field(vm, s, name)?.as_small_int() {
        Some(n) => {
            let scalar = Scalar::of(n);
            match scalar.kind.is_bit_field() {
                true => s.store_bits(vm, scalar, &value)?,
                false => s.store(vm, scalar.offset, scalar.kind, &value)?,
            }
            Ok(true)
        }
        None => bad_descriptor(vm),
    }
}

/// Offset and type of an element.
enum Element {
    Scalar(usize, Kind),
    Part(usize, Value),
    /// Where a pointer leads, and what is there.
    Elsewhere(usize, Value),
}

fn element(vm: &mut Vm, s: &Structure, key: &Value) -> Res<Element> {
    let descriptor = s.descriptor.get();
    let Some(aggregate) = Aggregate::of(&descriptor) else { return Err(vm.type_error("struct: can't index")) };
    if key.get::<Slice>().is_some() {
        return Err(vm.type_error("struct: can't index"));
    }
    let index = vm.index_of(key)?;
    match (aggregate.kind, aggregate.rest) {
        (ARRAY, [_, more @ ..]) => {
            let Some((n, kind)) = aggregate.elements() else { return bad_descriptor(vm) };
            let Some(index) = usize::try_from(index).ok().filter(|&i| i < n) else {
                return Err(vm.raise_new(&exc::INDEX_ERROR, "struct: index out of range"));
            };
            match more {
                [] => Ok(Element::Scalar(index * kind.size(), kind)),
                [element, ..] => {
                    let size = size_of_type(vm, element, s.layout)?;
                    Ok(Element::Part(index.wrapping_mul(size), element.clone()))
                }
            }
        }
        (PTR, [target]) => {
            let base = pointer(vm, s.address)?;
            let size = match target.as_small_int() {
                Some(n) => Kind::of(n).size(),
                None => size_of_type(vm, target, s.layout)?,
            };
            Ok(Element::Elsewhere(base.wrapping_add((index as usize).wrapping_mul(size)), target.clone()))
        }
        _ => Err(vm.type_error("struct: can't index")),
    }
}

fn get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let s = this(vm, v)?;
    match element(vm, s, key)? {
        Element::Scalar(offset, kind) => s.load(vm, offset, kind),
        Element::Part(offset, descriptor) => s.part(vm, offset, &descriptor),
        Element::Elsewhere(address, target) => match target.as_small_int() {
            // What a pointer leads to is in the target's order.
            Some(n) => Structure {
                address,
                layout: NATIVE,
                descriptor: Slot::new(Value::NONE),
                owner: Slot::new(Value::NONE),
                start: 0,
            }
            .load(vm, 0, Kind::of(n)),
            None => make(vm, address, target, s.layout),
        },
    }
}

fn set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let s = this(vm, v)?;
    let Some(value) = value else { return Err(vm.type_error("'struct' object doesn't support item deletion")) };
    match element(vm, s, key)? {
        Element::Scalar(offset, kind) => s.store(vm, offset, kind, &value),
        _ => Err(vm.type_error("'struct' object doesn't support item assignment")),
    }
}
