//! Powers and the exponential function, closer to the exact result than `libm`'s.
//!
//! What people compute by heart should come out so: `10.0 ** -3`, `2.5 ** 2`, `100 ** 0.25`, `exp(1)`. Exponents
//! that are multiples of a quarter are done in twice the precision; others are left to `libm`.

/// A number as a sum of two floats, the second below half a unit of the first.
#[derive(Clone, Copy)]
struct Pair(f64, f64);

/// The exact sum of two floats, the larger first.
fn quick_sum(a: f64, b: f64) -> Pair {
    let s = a + b;
    Pair(s, b - (s - a))
}

/// Upper and lower half of the digits.
fn split(a: f64) -> (f64, f64) {
    let c = 134217729.0 * a;
    let high = c - (c - a);
    (high, a - high)
}

/// The exact product of two floats (Dekker).
fn product(a: f64, b: f64) -> Pair {
    let p = a * b;
    let ((ah, al), (bh, bl)) = (split(a), split(b));
    Pair(p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
}

impl Pair {
    fn times(self, other: Pair) -> Pair {
        let p = product(self.0, other.0);
        quick_sum(p.0, p.1 + (self.0 * other.1 + self.1 * other.0))
    }

    fn sqrt(self) -> Pair {
        let root = libm::sqrt(self.0);
        let square = product(root, root);
        quick_sum(root, ((self.0 - square.0) - square.1 + self.1) / (2.0 * root))
    }

    fn reciprocal(self) -> Pair {
        let q = 1.0 / self.0;
        let p = product(q, self.0);
        quick_sum(q, q * ((1.0 - p.0) - p.1 - q * self.1))
    }

    fn power(self, mut n: u32) -> Pair {
        let (mut result, mut square) = (Pair(1.0, 0.0), self);
        while n > 0 {
            if n & 1 == 1 {
                result = result.times(square);
            }
            n >>= 1;
            if n > 0 {
                square = square.times(square);
            }
        }
        result
    }
}

/// Beyond this, what twice the precision gains is lost again.
const LARGEST_EXPONENT: f64 = 65536.0;

/// `x` to the power of `y`.
pub fn pow(x: f64, y: f64) -> f64 {
    let rough = libm::pow(x, y);
    // Zeros, infinities, NaN and results near the edges of the range, where the halves would not fit.
    if !(1e-280..1e280).contains(&rough.abs()) {
        return rough;
    }
    let exponent = y.abs();
    let whole = libm::floor(exponent);
    let quarters = (exponent - whole) * 4.0;
    if exponent > LARGEST_EXPONENT || quarters != libm::floor(quarters) {
        return rough;
    }
    let base = Pair(x.abs(), 0.0);
    let mut result = base.power(whole as u32);
    if quarters >= 1.0 {
        let root = base.sqrt();
        if quarters >= 2.0 {
            result = result.times(root);
        }
        if quarters != 2.0 {
            result = result.times(root.sqrt());
        }
    }
    if y < 0.0 {
        result = result.reciprocal();
    }
    libm::copysign(result.0, rough)
}

/// `e` to the power of `x`.
pub fn exp(x: f64) -> f64 {
    if !(-700.0..700.0).contains(&x) {
        return libm::exp(x);
    }
    // x = k * ln 2 + j / 32 + rest. ln 2 has two parts, so that k times the first is exact.
    let k = libm::rint(x * core::f64::consts::LOG2_E);
    let reduced = x - k * 6.931_471_803_691_238e-1;
    let j = libm::rint(reduced * 32.0);
    let rest = reduced - j / 32.0 - k * 1.908_214_929_270_587_7e-10;
    let series = 1.0 / 120.0 + rest * (1.0 / 720.0 + rest * (1.0 / 5040.0));
    let series = 0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest * series));
    let more = rest + rest * rest * series;
    let Some((high, low)) = EXP.get((j + 11.0) as usize) else { return libm::exp(x) };
    libm::ldexp(high + (low + high * more), k as i32)
}

/// `exp(j / 32)` for j from -11 to 11: a float and what it lacks.
const EXP: [(f64, f64); 23] = [
    (0.7091061824373984, -1.2868055655346304e-17),
    (0.7316156289466418, 8.35576468031604e-18),
    (0.7548396019890073, -9.844076038651084e-18),
    (0.7788007830714049, -1.0231869534531498e-17),
    (0.8035225736890608, -3.661886830920417e-17),
    (0.8290291181804004, -2.7604408719539223e-17),
    (0.8553453273074225, 1.7204900005057594e-17),
    (0.8824969025845955, -5.224526916735663e-17),
    (0.9105103613800342, -3.325048324577564e-17),
    (0.9394130628134758, -2.152447043447057e-17),
    (0.9692332344763441, -4.801151707083219e-17),
    (1.0, 0.0),
    (1.0317434074991028, -8.944417741043132e-17),
    (1.0644944589178593, 1.0872888143211957e-16),
    (1.0982851403078258, 9.070644949793751e-17),
    (1.1331484530668263, -5.370737708558031e-18),
    (1.1691184461695043, 6.945488167320411e-17),
    (1.2062302494209807, 3.9295715071105525e-17),
    (1.2445201077660952, -7.440512295261056e-17),
    (1.2840254166877414, 8.968972781793724e-17),
    (1.3247847587288655, 9.422682377542367e-17),
    (1.3668379411737963, 5.1449446596411544e-17),
    (1.4102260349257107, -4.1758810273684196e-17),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten() {
        for n in -270..=270 {
            let exact: f64 = alloc::format!("1e{n}").parse().unwrap_or(0.0);
            assert_eq!(pow(10.0, n as f64), exact, "{n}");
        }
    }

    /// Literals rounded from results of 60 digits.
    #[test]
    fn roots_and_others() {
        for (x, y, result) in [
            (100.0, 0.25, 3.1622776601683795),
            (2.0, 0.5, core::f64::consts::SQRT_2),
            (4.0, 1.5, 8.0),
            (2.0, -1.5, 0.3535533905932738),
            (1.1, 10.0, 2.5937424601000023),
            (-3.0, 3.0, -27.0),
            (10.0, 0.75, 5.623413251903491),
            (1.0000001, 65536.0, 1.0065751214999554),
        ] {
            assert_eq!(pow(x, y), result, "{x} {y}");
        }
        assert_eq!(pow(0.0, 0.5), 0.0);
        assert_eq!(pow(f64::INFINITY, 0.25), f64::INFINITY);
        assert_eq!(pow(2.0, -1074.0), 5e-324);
        assert!(pow(-8.0, 0.5).is_nan());
    }

    #[test]
    fn exponentials() {
        for (x, result) in [
            (0.0, 1.0),
            (1.0, core::f64::consts::E),
            (-1.0, 0.36787944117144233),
            (0.5, 1.6487212707001282),
            (10.0, 22026.465794806718),
            (-0.1, 0.9048374180359595),
            (700.5, libm::exp(700.5)),
            (f64::NEG_INFINITY, 0.0),
        ] {
            assert_eq!(exp(x), result, "{x}");
        }
        assert!(exp(f64::NAN).is_nan());
    }
}
