//! Block devices that scripts write (docs: library/vfs, block devices): objects with `readblocks`, `writeblocks` and
//! `ioctl`, or `count` and `sync` in the old protocol.
//!
//! A file system works on one while its Rust code runs, so the calls into Python nest a run loop. Nothing is borrowed
//! meanwhile: the file system was taken out of its object, and data goes through buffers of their own.

use snakeye_vfs::{BlockDevice, BlockError};
use snakeye_vm::object::{BufferValue, ByteArray};
use snakeye_vm::{HVec, Res, Slot, Value, Vm};

/// `ioctl` operations of the block protocol.
const INIT: i32 = 1;
const SYNC: i32 = 3;
const BLOCK_COUNT: i32 = 4;
const BLOCK_SIZE: i32 = 5;
const BLOCK_ERASE: i32 = 6;

/// errno numbers that mean something here.
const EINVAL: i32 = 22;
const EROFS: i32 = 30;
const EILSEQ: i32 = 84;

/// The size of a block where the device does not say.
const DEFAULT_BLOCK: u32 = 512;

/// What is needed of the object, found once as MicroPython does.
pub struct Device {
    readblocks: Slot,
    /// None: the device is read-only.
    writeblocks: Slot,
    /// None: the old protocol.
    ioctl: Slot,
    sync: Slot,
    count: Slot,
    block_size: u32,
    block_count: u32,
    /// Reads start and end at multiples of this.
    read_size: u32,
}

impl Device {
    /// Finds the methods and asks for the size. `must_tell`: a block size of None is refused. MemoryError when the
    /// heap could not hold two blocks.
    pub fn new(vm: &mut Vm, object: &Value, read_size: u32, must_tell: bool) -> Res<Device> {
        let readblocks = vm.get_attr(object, "readblocks")?;
        let optional = |vm: &mut Vm, name: &str| -> Res {
            let name = vm.intern(name)?;
            Ok(vm.find_attr(object, &name)?.unwrap_or(Value::NONE))
        };
        let writeblocks = optional(vm, "writeblocks")?;
        let ioctl = optional(vm, "ioctl")?;
        let (mut sync, mut count) = (Value::NONE, Value::NONE);
        if ioctl.is_none() {
            sync = optional(vm, "sync")?;
            count = vm.get_attr(object, "count")?;
        }
        let mut device = Device {
            readblocks: Slot::new(readblocks),
            writeblocks: Slot::new(writeblocks),
            ioctl: Slot::new(ioctl),
            sync: Slot::new(sync),
            count: Slot::new(count),
            block_size: DEFAULT_BLOCK,
            block_count: 0,
            read_size,
        };
        let ready = device.control(vm, INIT, 1)?;
        if !ready.is_none() && vm.index_of(&ready)? != 0 {
            return Err(vm.os_error(5));
        }
        let size = device.control(vm, BLOCK_SIZE, 0)?;
        if must_tell || !size.is_none() {
            let size = vm.index_of(&size)?;
            device.block_size = match u32::try_from(size) {
                Ok(n) if n > 0 => n,
                _ => return Err(vm.os_error(EINVAL)),
            };
        }
        let count = device.control(vm, BLOCK_COUNT, 0)?;
        let count = vm.index_of(&count)?;
        device.block_count = u32::try_from(count).unwrap_or(if count < 0 { 0 } else { u32::MAX });
        let two = (device.block_size as usize).saturating_mul(2);
        vm.heap.charge(two)?;
        vm.heap.discharge(two);
        Ok(device)
    }

    fn control(&self, vm: &mut Vm, op: i32, arg: u32) -> Res {
        let ioctl = self.ioctl.get();
        if !ioctl.is_none() {
            let arg = vm.new_int(i64::from(arg))?;
            return vm.call(&ioctl, &[Value::int(op), arg]);
        }
        match op {
            SYNC if !self.sync.get().is_none() => {
                vm.call(&self.sync.get(), &[])?;
                Ok(Value::NONE)
            }
            BLOCK_COUNT => vm.call(&self.count.get(), &[]),
            _ => Ok(Value::NONE),
        }
    }

    /// For the collector.
    pub fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        for slot in [&self.readblocks, &self.writeblocks, &self.ioctl, &self.sync, &self.count] {
            slot.trace(visit);
        }
    }

    /// For the collector.
    pub fn clear(&self) {
        for slot in [&self.readblocks, &self.writeblocks, &self.ioctl, &self.sync, &self.count] {
            slot.set(Value::NONE);
        }
    }

    /// The device in reach, for one operation of a file system.
    pub fn on<'a>(&'a self, vm: &'a mut Vm) -> DeviceOnVm<'a> {
        DeviceOnVm { vm, device: self, raised: false }
    }
}

/// A zeroed bytearray and a view of it, whose size a script cannot change.
fn view_of(vm: &mut Vm, data: HVec<u8>) -> Res<(Value, Value)> {
    let bytes: Value = vm.heap.alloc(ByteArray { data: core::cell::RefCell::new(data) })?.into();
    let view = vm.new_memoryview(&bytes)?;
    Ok((bytes, view))
}

/// A device together with the VM that runs its methods.
pub struct DeviceOnVm<'a> {
    vm: &'a mut Vm,
    device: &'a Device,
    /// A method raised: the exception waits in the VM, and nothing more is called.
    pub raised: bool,
}

impl DeviceOnVm<'_> {
    /// Calls into Python. What is raised is kept for the end of the operation.
    fn ask<T>(&mut self, ask: impl FnOnce(&mut Vm, &Device) -> Res<T>) -> Result<T, BlockError> {
        if self.raised {
            return Err(BlockError::Io);
        }
        ask(self.vm, self.device).map_err(|_| {
            self.raised = true;
            BlockError::Io
        })
    }

    /// What a method's result means: None and 0 are success.
    fn outcome(&mut self, result: &Value) -> Result<(), BlockError> {
        if result.is_none() {
            return Ok(());
        }
        match self.ask(|vm, _| vm.index_of(result))? {
            0 => Ok(()),
            n if n > 0 => Err(BlockError::Errno(EINVAL)),
            n => match i32::try_from(-n).unwrap_or(EINVAL) {
                EROFS => Err(BlockError::ReadOnly),
                EILSEQ => Err(BlockError::Worn),
                n => Err(BlockError::Errno(n)),
            },
        }
    }

    /// Reads at `offset` of a block, or whole blocks by the simple form if there is none.
    pub fn read_at(&mut self, block: u32, offset: Option<u32>, buf: &mut [u8]) -> Result<(), BlockError> {
        let unit = self.device.read_size.max(1);
        let (skip, len) = match offset {
            Some(offset) => {
                let skip = offset % unit;
                let end = u64::from(offset) + buf.len() as u64;
                let end = end.next_multiple_of(u64::from(unit)).min(u64::from(self.device.block_size).max(end));
                (skip, (end - u64::from(offset - skip)) as usize)
            }
            None => (0, buf.len()),
        };
        let (bytes, result) = self.ask(|vm, device| {
            let mut data = HVec::new();
            data.append_zeros(&vm.heap, len)?;
            let (bytes, view) = view_of(vm, data)?;
            let mut args = alloc::vec![vm.new_int(i64::from(block))?, view];
            if let Some(offset) = offset {
                args.push(vm.new_int(i64::from(offset - skip))?);
            }
            let result = vm.call(&device.readblocks.get(), &args)?;
            Ok((bytes, result))
        })?;
        self.outcome(&result)?;
        let skip = skip as usize;
        let copied = bytes.buffer().is_some_and(|b| {
            b.with(|b| match b.get(skip..skip + buf.len()) {
                Some(part) => {
                    buf.copy_from_slice(part);
                    true
                }
                None => false,
            })
        });
        if copied { Ok(()) } else { Err(BlockError::Io) }
    }

    /// Writes at `offset` of an erased block, or whole blocks by the simple form, which erases, if there is none.
    pub fn write_at(&mut self, block: u32, offset: Option<u32>, data: &[u8]) -> Result<(), BlockError> {
        if self.device.writeblocks.get().is_none() {
            return Err(BlockError::ReadOnly);
        }
        let result = self.ask(|vm, device| {
            let mut copy = HVec::with_capacity(&vm.heap, data.len())?;
            copy.extend_from_slice(&vm.heap, data)?;
            let (_, view) = view_of(vm, copy)?;
            let mut args = alloc::vec![vm.new_int(i64::from(block))?, view];
            if let Some(offset) = offset {
                args.push(vm.new_int(i64::from(offset))?);
            }
            vm.call(&device.writeblocks.get(), &args)
        })?;
        self.outcome(&result)
    }
}

impl BlockDevice for DeviceOnVm<'_> {
    fn block_size(&self) -> u32 {
        self.device.block_size
    }

    fn block_count(&self) -> u32 {
        self.device.block_count
    }

    fn read(&mut self, block: u32, offset: u32, buf: &mut [u8]) -> Result<(), BlockError> {
        self.read_at(block, Some(offset), buf)
    }

    fn program(&mut self, block: u32, offset: u32, data: &[u8]) -> Result<(), BlockError> {
        self.write_at(block, Some(offset), data)
    }

    fn erase(&mut self, block: u32) -> Result<(), BlockError> {
        if self.device.writeblocks.get().is_none() {
            return Err(BlockError::ReadOnly);
        }
        let result = self.ask(|vm, device| {
            let result = device.control(vm, BLOCK_ERASE, block)?;
            vm.index_of(&result)
        })?;
        match i32::try_from(result.unsigned_abs()).unwrap_or(EINVAL) {
            0 => Ok(()),
            EILSEQ => Err(BlockError::Worn),
            n => Err(BlockError::Errno(n)),
        }
    }

    fn sync(&mut self) -> Result<(), BlockError> {
        let result = self.ask(|vm, device| device.control(vm, SYNC, 0))?;
        if result.is_none() {
            return Ok(());
        }
        match self.ask(|vm, _| vm.index_of(&result))? {
            0 => Ok(()),
            n => Err(BlockError::Errno(i32::try_from(n.unsigned_abs()).unwrap_or(EINVAL))),
        }
    }
}

/// No device: what a file system is kept with between operations.
pub struct Away {
    /// Size and number of the blocks of the device that is meant.
    pub geometry: (u32, u32),
}

impl BlockDevice for Away {
    fn block_size(&self) -> u32 {
        self.geometry.0
    }
    fn block_count(&self) -> u32 {
        self.geometry.1
    }
    fn read(&mut self, _: u32, _: u32, _: &mut [u8]) -> Result<(), BlockError> {
        Err(BlockError::Busy)
    }
    fn program(&mut self, _: u32, _: u32, _: &[u8]) -> Result<(), BlockError> {
        Err(BlockError::Busy)
    }
    fn erase(&mut self, _: u32) -> Result<(), BlockError> {
        Err(BlockError::Busy)
    }
    fn sync(&mut self) -> Result<(), BlockError> {
        Err(BlockError::Busy)
    }
}
