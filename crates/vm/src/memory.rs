//! Raw addresses: numbers that scripts may read and write through (`uctypes`, `machine.mem32`, viper pointers).
//!
//! No address is a machine address. `address_of` gives a buffer a range of numbers, which is its own as long as
//! the object lives and is free again afterwards: the map does not keep it alive. (A few temporaries apart, so that
//! `struct(addressof(bytearray(8)), ...)` works.) Every access looks its address
//! up; what no live buffer owns is asked of the host, which may have registers there, and else is a ValueError.
//! Ranges are aligned, lie apart, and fit small integers on 32-bit targets as well.

use crate::object::{BufferValue, ExternalBytes, HeldView, MemoryView, Native};
use crate::vm::{Raised, Res, Vm};
use core::cell::Cell;
use snakeye_heap::{HVec, Slot, Value, Weak};

/// First address that is given out: above it, microcontrollers have registers at most beyond [`END`].
const START: usize = 0x2000_0000;
/// End of what is given out.
const END: usize = if size_of::<usize>() == 8 { 1 << 46 } else { 0x3F00_0000 };
/// Ranges start at multiples of this and are followed by at least as many unmapped addresses.
const ALIGN: usize = 64;

/// Who owns a range.
enum Owner {
    /// A counted object, while it lives.
    Object(Weak),
    /// One that lives as long as the heap.
    Lasting(Value),
}

struct Region {
    start: usize,
    size: usize,
    owner: Owner,
}

/// Which buffer owns which addresses.
#[derive(Default)]
pub(crate) struct AddressMap {
    /// Ordered by start.
    regions: HVec<Region>,
    /// Where the next range is looked for, relative to [`START`].
    next: usize,
    /// The last objects that nobody else held when their address was asked for.
    temporaries: [Option<Value>; 4],
    /// Which of them is replaced next.
    oldest: usize,
    /// Length of `regions` at which those of dead objects are removed.
    sweep_at: usize,
}

impl AddressMap {
    /// Index of the first region that ends behind `address`.
    fn from(&self, address: usize) -> usize {
        self.regions.partition_point(|r| r.start.saturating_add(r.size) <= address)
    }

    /// A free range of `size` addresses.
    fn free_range(&mut self, size: usize) -> Option<usize> {
        let size = size.checked_next_multiple_of(ALIGN)?.checked_add(ALIGN)?;
        for from in [START + self.next, START] {
            let mut start = from;
            for region in self.regions.get(self.from(from)..).unwrap_or(&[]) {
                if region.start >= start.checked_add(size)? {
                    break;
                }
                start = region.start.checked_add(region.size)?.checked_next_multiple_of(ALIGN)? + ALIGN;
            }
            let end = start.checked_add(size)?;
            if end <= END {
                self.next = end - START;
                return Some(start);
            }
        }
        None
    }
}

/// A buffer and an offset in it.
struct Place {
    object: Value,
    start: usize,
}

impl Vm {
    fn owner(&self, region: &Region) -> Option<Value> {
        match &region.owner {
            Owner::Object(weak) => self.heap.upgrade(weak),
            Owner::Lasting(value) => Some(value.clone()),
        }
    }

    /// Removes the ranges of objects that are gone.
    fn sweep_addresses(&mut self) {
        let mut regions = core::mem::take(&mut self.addresses.regions);
        let mut kept = 0;
        for i in 0..regions.len() {
            if regions.get(i).is_some_and(|r| self.owner(r).is_some()) {
                regions.swap(kept, i);
                kept += 1;
            }
        }
        regions.truncate(kept);
        self.addresses.regions = regions;
        self.addresses.sweep_at = kept * 2 + 32;
    }

    /// The address of the first byte of an object with a buffer; TypeError for others.
    pub fn address_of(&mut self, object: &Value) -> Res<usize> {
        if object.ref_count() == 1 && object.get::<ExternalBytes>().is_none() {
            let map = &mut self.addresses;
            map.oldest = (map.oldest + 1) % map.temporaries.len();
            let old = map.temporaries.get_mut(map.oldest).and_then(|place| place.replace(object.clone()));
            drop(old);
        }
        let object = self.base_object(object);
        if let Some(n) = object.get::<Native>()
            && let Some(address) = n.0.address()
        {
            return Ok(address);
        }
        match HeldView::of(&object) {
            Some(view) if view.owner.is_none() => Ok(view.start),
            Some(view) => Ok(self.range_of(&view.owner)?.wrapping_add(view.start)),
            None => Err(self.type_error("object with buffer protocol required")),
        }
    }

    /// The start of an object's range, which is made if need be.
    fn range_of(&mut self, object: &Value) -> Res<usize> {
        let Some(len) = object.buffer().map(|b| b.len()) else {
            return Err(self.type_error("object with buffer protocol required"));
        };
        // The newest first: an address is asked for again soon, if ever.
        let known = self.addresses.regions.iter().rposition(|r| self.owner(r).is_some_and(|o| o.is(object)));
        if let Some(region) = known.and_then(|i| self.addresses.regions.get(i)) {
            if region.size >= len {
                return Ok(region.start);
            }
            // It has grown, and moves, as it would in MicroPython.
            known.and_then(|i| self.addresses.regions.remove(i));
        }
        if self.addresses.regions.len() >= self.addresses.sweep_at {
            self.sweep_addresses();
        }
        let owner = match self.heap.watch(object)? {
            Some(weak) => Owner::Object(weak),
            None => Owner::Lasting(object.clone()),
        };
        let size = len.max(1);
        let Some(start) = self.addresses.free_range(size) else { return Err(Raised) };
        let at = self.addresses.from(start);
        self.addresses.regions.insert(&self.heap, at, Region { start, size, owner })?;
        Ok(start)
    }

    fn place_at(&self, address: usize) -> Option<Place> {
        let region = self.addresses.regions.get(self.addresses.from(address))?;
        let start = address.checked_sub(region.start)?;
        Some(Place { object: self.owner(region)?, start })
    }

    #[cold]
    fn unmapped(&mut self, address: usize) -> Raised {
        self.raise_fmt(&crate::exceptions::VALUE_ERROR, format_args!("no memory at address 0x{address:x}"))
    }

    /// Reads from an address on. ValueError when that is not all in one buffer, nor a register.
    pub fn read_memory(&mut self, address: usize, out: &mut [u8]) -> Res<()> {
        if let Some(place) = self.place_at(address) {
            let Some(buffer) = place.object.buffer() else { return Err(self.busy()) };
            let end = place.start.saturating_add(out.len());
            let found = buffer.with(|bytes| match bytes.get(place.start..end) {
                Some(bytes) => {
                    out.copy_from_slice(bytes);
                    true
                }
                None => false,
            });
            return if found { Ok(()) } else { Err(self.unmapped(address)) };
        }
        match self.host.peek(address, out.len()) {
            Some(word) => {
                let bytes = word.to_le_bytes();
                out.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
                Ok(())
            }
            None => Err(self.unmapped(address)),
        }
    }

    /// Writes from an address on. ValueError as for [`Vm::read_memory`], and where the buffer is read-only.
    pub fn write_memory(&mut self, address: usize, bytes: &[u8]) -> Res<()> {
        if let Some(place) = self.place_at(address) {
            let end = place.start.saturating_add(bytes.len());
            let written = place.object.with_buffer_mut(|all| match all.get_mut(place.start..end) {
                Some(part) => {
                    part.copy_from_slice(bytes);
                    true
                }
                None => false,
            });
            return match written {
                Some(true) => Ok(()),
                Some(false) => Err(self.unmapped(address)),
                None if place.object.buffer().is_none() => Err(self.busy()),
                None => Err(self.raise_fmt(
                    &crate::exceptions::VALUE_ERROR,
                    format_args!("memory at address 0x{address:x} is read-only"),
                )),
            };
        }
        let mut word = [0; 8];
        word.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        match self.host.poke(address, bytes.len(), u64::from_le_bytes(word)) {
            true => Ok(()),
            false => Err(self.unmapped(address)),
        }
    }

    /// The buffer that owns an address, to be kept by who goes on using the address, and the offset in it.
    pub fn memory_owner(&self, address: usize) -> Option<(Value, usize)> {
        self.place_at(address).map(|place| (place.object, place.start))
    }

    /// `len` bytes of memory as a bytearray that shares them. It may be made of any address; what is not there
    /// cannot be read.
    pub fn bytearray_at(&mut self, address: usize, len: usize) -> Res {
        let (owner, start, readonly) = match self.place_at(address) {
            Some(place) => {
                let readonly = place.object.with_buffer_mut(|_| ()).is_none();
                (place.object, place.start, readonly)
            }
            None => (Value::NONE, address, false),
        };
        let view = MemoryView {
            owner: Slot::new(owner),
            typecode: b'B',
            start: Cell::new(start),
            len: Cell::new(len),
            readonly,
            aliased: true,
        };
        Ok(self.heap.alloc(view)?.into())
    }
}
