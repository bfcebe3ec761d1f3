//! `random`: Ilya Levin's public-domain generator Yasmarang, as MicroPython has it, so that a seed gives the
//! same numbers here and there. Not for keys.

use core::cell::Cell;
use snakeye_vm::exceptions as exc;
use snakeye_vm::number::to_u64_wrapping;
use snakeye_vm::object::{Module, ModuleDef, NativeObject, NativeValue, TypeDef};
use snakeye_vm::{Gc, Raised, Res, Rom, Value, Vm, method};

/// The `random` module.
pub static RANDOM: ModuleDef = ModuleDef {
    name: "random",
    entries: &[
        method!("getrandbits", 1, 1, getrandbits),
        method!("seed", 0, 1, seed),
        method!("randrange", 1, 3, randrange),
        method!("randint", 2, 2, randint),
        method!("choice", 1, 1, choice),
        method!("random", 0, 0, |vm, _| {
            let x = fraction(vm)?;
            vm.new_float(x)
        }),
        method!("uniform", 2, 2, uniform),
    ],
    init: Some(init),
};

/// The generator's state.
#[derive(Clone, Copy, Debug)]
struct Yasmarang {
    pad: u32,
    n: u32,
    d: u32,
    dat: u8,
}

impl Yasmarang {
    const fn new(seed: u32) -> Yasmarang {
        Yasmarang { pad: seed, n: 69, d: 233, dat: 0 }
    }

    fn next(&mut self) -> u32 {
        self.pad = self.pad.wrapping_add(self.dat as u32).wrapping_add(self.d.wrapping_mul(self.n)).rotate_left(3);
        self.n = self.pad | 2;
        self.d ^= self.pad.rotate_right(1);
        self.dat ^= (self.pad as u8) ^ ((self.d >> 8) as u8) ^ 1;
        self.pad ^ (self.d << 5) ^ (self.pad >> 18) ^ ((self.dat as u32) << 1)
    }
}

static GENERATOR: Rom<TypeDef> = Rom::new(TypeDef { name: "Generator", ..TypeDef::NEW });

/// The VM's one generator, among the values it keeps.
struct Generator(Cell<Yasmarang>);

impl NativeObject for Generator {
    fn class(&self) -> &'static Rom<TypeDef> {
        &GENERATOR
    }
}

const KEPT: &str = "random";

fn init(vm: &mut Vm, _: &Gc<Module>) -> Res<()> {
    set_seed(vm, None)
}

fn set_seed(vm: &mut Vm, seed: Option<u32>) -> Res<()> {
    let seed = match seed {
        Some(s) => s,
        None => vm.host.entropy() as u32,
    };
    let state = Yasmarang::new(seed);
    if let Some((_, v)) = vm.keep.iter().find(|(name, _)| *name == KEPT)
        && let Some(g) = v.native::<Generator>()
    {
        g.0.set(state);
        return Ok(());
    }
    let generator = vm.new_native(Generator(Cell::new(state)))?;
    vm.keep.push((KEPT, generator));
    Ok(())
}

/// The next 32 bits.
fn next(vm: &mut Vm) -> Res<u32> {
    loop {
        if let Some((_, v)) = vm.keep.iter().find(|(name, _)| *name == KEPT)
            && let Some(g) = v.native::<Generator>()
        {
            let mut state = g.0.get();
            let bits = state.next();
            g.0.set(state);
            return Ok(bits);
        }
        set_seed(vm, None)?;
    }
}

/// A number below `n`, all equally likely: numbers are drawn until one fits.
fn below(vm: &mut Vm, n: u64) -> Res<u64> {
    let mask = u64::MAX >> n.max(1).leading_zeros();
    loop {
        let mut bits = next(vm)? as u64;
        if mask > u32::MAX as u64 {
            bits |= (next(vm)? as u64) << 32;
        }
        if bits & mask < n {
            return Ok(bits & mask);
        }
    }
}

/// A float from 0 up to, but not including, 1.
fn fraction(vm: &mut Vm) -> Res<f64> {
    if vm.config.f32 {
        let bits = next(vm)? & ((1 << 23) - 1);
        return Ok(bits as f64 / (1u64 << 23) as f64);
    }
    let bits = (next(vm)? as u64) << 32 | next(vm)? as u64;
    Ok((bits & ((1 << 52) - 1)) as f64 / (1u64 << 52) as f64)
}

fn bare(vm: &mut Vm) -> Raised {
    vm.raise_args(&exc::VALUE_ERROR, &[])
}

fn getrandbits(vm: &mut Vm, args: &[Value]) -> Res {
    let n = args.first().map_or(Ok(0), |v| vm.index_of(v))?;
    match n {
        0 => Ok(Value::int(0)),
        1..=32 => {
            let bits = next(vm)? & u32::MAX >> (32 - n);
            vm.new_uint(bits as u64)
        }
        _ => Err(vm.value_error("bits must be 32 or less")),
    }
}

fn seed(vm: &mut Vm, args: &[Value]) -> Res {
    let seed = match args.first() {
        Some(v) if !v.is_none() => match to_u64_wrapping(&vm.base_object(v)) {
            Some(n) => Some(n as u32),
            None => Some(vm.index_of(v)? as u32),
        },
        _ => None,
    };
    set_seed(vm, seed)?;
    Ok(Value::NONE)
}

/// A number of `start, start + step, …`, `count` of them; ValueError when there is none.
fn pick(vm: &mut Vm, start: i64, step: i64, count: i128) -> Res {
    let Ok(count) = u64::try_from(count) else { return Err(bare(vm)) };
    if count == 0 {
        return Err(bare(vm));
    }
    let n = below(vm, count)?;
    vm.new_int(start.wrapping_add((n as i64).wrapping_mul(step)))
}

fn randrange(vm: &mut Vm, args: &[Value]) -> Res {
    let mut n = [0i64; 3];
    for (place, v) in n.iter_mut().zip(args) {
        *place = vm.index_of(v)?;
    }
    let (start, stop, step) = match (args.len(), n) {
        (1, [stop, ..]) => (0, stop, 1),
        (2, [start, stop, _]) => (start, stop, 1),
        (_, [start, stop, step]) => (start, stop, step),
    };
    let distance = stop as i128 - start as i128;
    let count = match step {
        0 => return Err(bare(vm)),
        1.. => (distance + step as i128 - 1).div_euclid(step as i128),
        _ => (distance + step as i128 + 1) / step as i128,
    };
    pick(vm, start, step, count)
}

fn randint(vm: &mut Vm, args: &[Value]) -> Res {
    let [a, b] = args else { return Err(bare(vm)) };
    let (a, b) = (vm.index_of(a)?, vm.index_of(b)?);
    pick(vm, a, 1, b as i128 - a as i128 + 1)
}

fn choice(vm: &mut Vm, args: &[Value]) -> Res {
    let Some(sequence) = args.first() else { return Err(bare(vm)) };
    let len = vm.len(sequence)?;
    if len == 0 {
        return Err(vm.raise_args(&exc::INDEX_ERROR, &[]));
    }
    let i = below(vm, len as u64)?;
    let i = vm.new_uint(i)?;
    vm.get_item(sequence, &i)
}

fn uniform(vm: &mut Vm, args: &[Value]) -> Res {
    let [a, b] = args else { return Err(bare(vm)) };
    let (a, b) = (vm.float_of(a)?, vm.float_of(b)?);
    let x = fraction(vm)?;
    vm.new_float(a + (b - a) * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What four calls of `random.getrandbits(32)` give in MicroPython after `random.seed(1)`.
    #[test]
    fn same_numbers_as_micropython() {
        let mut g = Yasmarang::new(1);
        let first: [u32; 4] = core::array::from_fn(|_| g.next());
        assert_eq!(first, [2002244, 1862853106, 2677483614, 156226652]);
    }
}
