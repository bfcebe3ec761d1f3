//! `memoryview`: a window on the buffer of another object.

use super::array::{same_elements, store};
use super::bytes::buffer_compare;
use super::codec::{bytes_hex, no_buffer};
use super::element::{element_at, element_count, item_size};
use super::str::iterate;
use crate::collection::{element_index, receiver};
use crate::object::{Args, BufferValue, Entry, HeldView, MemoryView, Slice, Step, TypeDef};
use crate::vm::{Raised, Res, Vm};
use core::cell::Cell;
use snakeye_heap::{Gc, Rom, Slot, Value};

/// `memoryview`
pub static MEMORYVIEW: Rom<TypeDef> = Rom::new(TypeDef {
    name: "memoryview",
    attrs: MEMORYVIEW_ATTRS,
    new: Some(memoryview_new),
    compare: Some(buffer_compare),
    len: Some(|_, v| Ok(element_count(v))),
    get_item: Some(memoryview_get_item),
    set_item: Some(memoryview_set_item),
    contains: Some(super::bytes::bytes_contains),
    iter: Some(iterate),
    ..TypeDef::NEW
});

const MEMORYVIEW_ATTRS: &[(&str, Entry)] =
    &[method!("hex", 1, 2, bytes_hex), ("itemsize", Entry::Get(memoryview_itemsize))];

fn this(vm: &mut Vm, v: &Value) -> Res<Gc<MemoryView>> {
    receiver(vm, v, "memoryview")
}

fn memoryview_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let [object] = args.pos else { return Err(vm.type_error("memoryview() takes 1 argument")) };
    let object = vm.base_object(object);
    vm.new_memoryview(&object).map(Step::Done)
}

impl Vm {
    /// A memoryview of the whole of an object that has a buffer; TypeError for others.
    pub fn new_memoryview(&mut self, object: &Value) -> Res {
        let Some(shown) = HeldView::of(object) else { return Err(no_buffer(self)) };
        let view = MemoryView {
            owner: Slot::new(shown.owner),
            typecode: shown.typecode,
            start: Cell::new(shown.start),
            len: Cell::new(shown.len),
            readonly: shown.readonly,
            aliased: false,
        };
        Ok(self.heap.alloc(view)?.into())
    }

    fn view_part(&mut self, m: &MemoryView, start: usize, len: usize) -> Res {
        let view = MemoryView {
            owner: Slot::new(m.owner.get()),
            typecode: m.typecode,
            start: Cell::new(start),
            len: Cell::new(len),
            readonly: m.readonly,
            aliased: false,
        };
        Ok(self.heap.alloc(view)?.into())
    }
}

fn memoryview_itemsize(vm: &mut Vm, v: &Value) -> Res {
    let m = this(vm, v)?;
    vm.new_int(item_size(m.typecode).unwrap_or(1) as i64)
}

fn memoryview_get_item(vm: &mut Vm, v: &Value, key: &Value) -> Res {
    let m = this(vm, v)?;
    let size = item_size(m.typecode).unwrap_or(1);
    let count = m.len.get() / size;
    if let Some(slice) = key.get::<Slice>() {
        let range = vm.slice_range(slice, count)?;
        if range.step != 1 {
            return Err(vm.not_implemented("only slices with step=1 (aka None) are supported"));
        }
        return vm.view_part(&m, m.start.get() + range.start * size, range.count * size);
    }
    let i = element_index(vm, key, count, "memoryview")?;
    match element_at(vm, v, i)? {
        Some(item) => Ok(item),
        None => Err(vm.index_error("memoryview index out of range")),
    }
}

/// TypeError: the view, or what it shows, does not change.
#[cold]
fn read_only(vm: &mut Vm, delete: bool) -> Raised {
    let what = if delete { "deletion" } else { "assignment" };
    vm.type_error_fmt(format_args!("'memoryview' object doesn't support item {what}"))
}

fn memoryview_set_item(vm: &mut Vm, v: &Value, key: &Value, value: Option<Value>) -> Res<()> {
    let m = this(vm, v)?;
    let Some(value) = value else { return Err(read_only(vm, true)) };
    let size = item_size(m.typecode).unwrap_or(1);
    let count = m.len.get() / size;
    if let Some(slice) = key.get::<Slice>() {
        let range = vm.slice_range(slice, count)?;
        if range.step != 1 {
            return Err(vm.not_implemented("only slices with step=1 (aka None) are supported"));
        }
        // What never changes is copied straight from where it lies.
        let copy;
        let new = match value.as_bytes().filter(|_| size == 1) {
            Some(bytes) => bytes,
            None => {
                copy = same_elements(vm, &value, size)?;
                &copy[..]
            }
        };
        if m.readonly {
            return Err(read_only(vm, false));
        }
        if new.len() != range.count * size {
            return Err(vm.value_error("lhs and rhs should be compatible"));
        }
        let start = range.start * size;
        let written = v.with_buffer_mut(|all| match all.get_mut(start..start + new.len()) {
            Some(place) => {
                place.copy_from_slice(new);
                true
            }
            None => false,
        });
        return match written {
            Some(true) => Ok(()),
            Some(false) => Err(vm.index_error("memoryview index out of range")),
            None => Err(vm.busy()),
        };
    }
    let i = element_index(vm, key, count, "memoryview")?;
    if m.readonly {
        return Err(read_only(vm, false));
    }
    store(vm, v, m.typecode, i, &value)
}
