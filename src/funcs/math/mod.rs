//! Arithmetic. Integers wrap around, as in Go.
#![deny(clippy::arithmetic_side_effects)]

use std::fmt::Write;

use super::args;
use super::convert::{to_float64, to_int64};
use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::template::{Context, Func};
use crate::value::{Elem, List, Ty, Value};
use go::decimal::Decimal;

const MAX: Func = Func::new("max", &[Ty::Any, Ty::Any], Ty::Int64, max).variadic();

pub(super) const FUNCS: &[Func] = &[
    Func::new("add", &[Ty::Any], Ty::Int64, add).variadic(),
    Func::new("add1", &[Ty::Any], Ty::Int64, add1),
    Func::new("sub", &[Ty::Any, Ty::Any], Ty::Int64, sub),
    Func::new("div", &[Ty::Any, Ty::Any], Ty::Int64, div),
    Func::new("mod", &[Ty::Any, Ty::Any], Ty::Int64, modulo),
    Func::new("mul", &[Ty::Any, Ty::Any], Ty::Int64, mul).variadic(),
    MAX,
    MAX.named("biggest"),
    Func::new("min", &[Ty::Any, Ty::Any], Ty::Int64, min).variadic(),
    Func::new("maxf", &[Ty::Any, Ty::Any], Ty::Float64, maxf).variadic(),
    Func::new("minf", &[Ty::Any, Ty::Any], Ty::Float64, minf).variadic(),
    Func::new("add1f", &[Ty::Any], Ty::Float64, add1f),
    Func::new("addf", &[Ty::Any], Ty::Float64, addf).variadic(),
    Func::new("subf", &[Ty::Any, Ty::Any], Ty::Float64, subf).variadic(),
    Func::new("divf", &[Ty::Any, Ty::Any], Ty::Float64, divf).variadic(),
    Func::new("mulf", &[Ty::Any, Ty::Any], Ty::Float64, mulf).variadic(),
    Func::new("ceil", &[Ty::Any], Ty::Float64, ceil),
    Func::new("floor", &[Ty::Any], Ty::Float64, floor),
    Func::new("round", &[Ty::Any, Ty::Int, Ty::Float64], Ty::Float64, round).variadic(),
    Func::new("until", &[Ty::Int], Ty::ListInt, until),
    Func::new("untilStep", &[Ty::Int, Ty::Int, Ty::Int], Ty::ListInt, until_step),
    Func::new("seq", &[Ty::Int], Ty::Str, seq).variadic(),
];

fn int_at(args: &[Value], i: usize) -> i64 {
    args.get(i).map_or(0, to_int64)
}

fn float_at(args: &[Value], i: usize) -> f64 {
    args.get(i).map_or(0.0, to_float64)
}

fn add(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int64(args.iter().fold(0, |sum, v| to_int64(v).wrapping_add(sum))))
}

fn add1(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int64(int_at(args, 0).wrapping_add(1)))
}

fn sub(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int64(int_at(args, 0).wrapping_sub(int_at(args, 1))))
}

fn div(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let (dividend, divisor) = (int_at(args, 0), int_at(args, 1));
    match dividend.checked_div(divisor) {
        Some(quotient) => Ok(Value::Int64(quotient)),
        None if divisor == 0 => Err(division_by_zero()),
        // the smallest integer by -1
        None => Ok(Value::Int64(dividend)),
    }
}

fn modulo(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let (dividend, divisor) = (int_at(args, 0), int_at(args, 1));
    match dividend.checked_rem(divisor) {
        Some(rest) => Ok(Value::Int64(rest)),
        None if divisor == 0 => Err(division_by_zero()),
        None => Ok(Value::Int64(0)),
    }
}

fn division_by_zero() -> Error {
    Error::func("runtime error: integer divide by zero")
}

fn mul(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int64(args.iter().fold(1, |product: i64, v| product.wrapping_mul(to_int64(v)))))
}

fn max(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int64(args.iter().map(to_int64).max().unwrap_or(0)))
}

fn min(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int64(args.iter().map(to_int64).min().unwrap_or(0)))
}

/// Go: `math.Max`: an infinity wins over NaN, NaN over numbers, 0 over -0.
fn maxf(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let larger = |a: f64, b: f64| {
        if a == f64::INFINITY || b == f64::INFINITY {
            f64::INFINITY
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            if a.is_sign_negative() { b } else { a }
        } else if a > b {
            a
        } else {
            b
        }
    };
    Ok(Value::Float(args.iter().map(to_float64).reduce(larger).unwrap_or(0.0)))
}

/// Go: `math.Min`
fn minf(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let smaller = |a: f64, b: f64| {
        if a == f64::NEG_INFINITY || b == f64::NEG_INFINITY {
            f64::NEG_INFINITY
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            if a.is_sign_negative() { a } else { b }
        } else if a < b {
            a
        } else {
            b
        }
    };
    Ok(Value::Float(args.iter().map(to_float64).reduce(smaller).unwrap_or(0.0)))
}

/// Combines `first` and the other values as exact decimals. Sprig: `execDecimalOp`.
fn decimals(
    first: f64,
    others: &[Value],
    budget: &Budget,
    op: fn(&Decimal, &Decimal) -> Result<Decimal>,
) -> Result<Value> {
    let mut result = Decimal::new(first)?;
    for other in others {
        // a product grows with each factor
        budget.step(result.size())?;
        result = op(&result, &Decimal::new(to_float64(other))?)?;
    }
    Ok(Value::Float(result.to_f64()))
}

fn add1f(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    decimals(float_at(args, 0), &[Value::Int(1)], cx.budget(), |a, b| Ok(a.add(b)))
}

fn addf(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    decimals(0.0, args, cx.budget(), |a, b| Ok(a.add(b)))
}

fn subf(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    decimals(float_at(args, 0), args::rest(args, 1), cx.budget(), |a, b| Ok(a.sub(b)))
}

fn divf(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    decimals(float_at(args, 0), args::rest(args, 1), cx.budget(), |a, b| {
        a.div(b).ok_or_else(|| Error::func("decimal division by 0"))
    })
}

fn mulf(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    decimals(float_at(args, 0), args::rest(args, 1), cx.budget(), |a, b| Ok(a.mul(b)))
}

fn ceil(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Float(float_at(args, 0).ceil()))
}

fn floor(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Float(float_at(args, 0).floor()))
}

/// Rounds up from a fraction of .5 (or the third argument). The fraction of a negative number is negative, so it is rounded
/// down.
fn round(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let round_on = args.get(2).map_or(0.5, to_float64);
    let power = power_of_ten(args::int(args, 1));
    let shifted = power * float_at(args, 0);
    let fraction = (shifted - shifted.trunc()).copysign(shifted);
    let rounded = if fraction >= round_on { shifted.ceil() } else { shifted.floor() };
    Ok(Value::Float(rounded / power))
}

/// Ten to the `places`, with the rounding errors of Go's `math.Pow`: successive squaring of 0.625.
fn power_of_ten(places: i64) -> f64 {
    match places {
        0 => return 1.0,
        1 => return 10.0,
        _ => {}
    }
    let (mut power, mut exponent) = (1.0f64, 0i64);
    let (mut square, mut square_exponent) = (0.625f64, 4i64);
    let mut left = places.unsigned_abs();
    while left != 0 {
        if square_exponent > 1 << 12 {
            exponent = exponent.saturating_add(square_exponent);
            break;
        }
        if left & 1 == 1 {
            power *= square;
            exponent = exponent.saturating_add(square_exponent);
        }
        square *= square;
        square_exponent = square_exponent.wrapping_shl(1);
        if square < 0.5 {
            square += square;
            square_exponent = square_exponent.saturating_sub(1);
        }
        left >>= 1;
    }
    if places < 0 {
        power = 1.0 / power;
        exponent = exponent.saturating_neg();
    }
    times_power_of_two(power, exponent)
}

/// Go: `math.Ldexp` for a number near 1.
fn times_power_of_two(number: f64, exponent: i64) -> f64 {
    let exact = |e: i64| {
        let biased = e.saturating_add(1023).clamp(1, 2046).unsigned_abs();
        f64::from_bits(biased << 52)
    };
    // in steps of which only the last one may round
    match exponent {
        1101.. => f64::INFINITY,
        1001..=1100 => number * exact(1000) * exact(exponent.saturating_sub(1000)),
        -1000..=1000 => number * exact(exponent),
        -1200..=-1001 => number * exact(-300) * exact(exponent.saturating_add(300)),
        _ => 0.0,
    }
}

fn until(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let count = args::int(args, 0);
    numbers(cx, 0, count, if count < 0 { -1 } else { 1 })
}

fn until_step(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    numbers(cx, args::int(args, 0), args::int(args, 1), args::int(args, 2))
}

fn numbers(cx: &dyn Context, start: i64, stop: i64, step: i64) -> Result<Value> {
    cx.budget().charge(count(start, stop, step).saturating_mul(24))?;
    Ok(Value::List(List::appended(Elem::Int, range(start, stop, step).map(Value::Int).collect())))
}

/// The number of items of a range.
fn count(start: i64, stop: i64, step: i64) -> u64 {
    if (stop < start) != (step < 0) || step == 0 {
        return 0;
    }
    start.abs_diff(stop).div_ceil(step.unsigned_abs())
}

/// The numbers from `start` up or down to `stop`, without `stop`. Sprig: `untilStep`.
fn range(start: i64, stop: i64, step: i64) -> impl Iterator<Item = i64> {
    let first = (count(start, stop, step) > 0).then_some(start);
    std::iter::successors(first, move |&i| {
        i.checked_add(step).filter(|&next| if step < 0 { next > stop } else { next < stop })
    })
}

/// The numbers of a range, including both ends, separated by spaces.
fn seq(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let at = |i| args::int(args, i);
    let (start, step, end) = match args.len() {
        1 => (1, if at(0) < 1 { -1 } else { 1 }, at(0)),
        2 => (at(0), if at(1) < at(0) { -1 } else { 1 }, at(1)),
        3 if at(2) < at(0) && at(1) > 0 => return Ok("".into()),
        3 => (at(0), at(1), at(2)),
        _ => return Ok("".into()),
    };
    let stop = end.wrapping_add(if end < start { -1 } else { 1 });
    cx.budget().charge(count(start, stop, step).saturating_mul(20))?;
    let mut text = String::new();
    for n in range(start, stop, step) {
        let blank = if text.is_empty() { "" } else { " " };
        // writing to a string cannot fail
        let _ = write!(text, "{blank}{n}");
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funcs::testing::call;

    fn ints(items: &[i64]) -> Vec<Value> {
        items.iter().copied().map(Value::Int).collect()
    }

    #[test]
    fn integers_wrap() {
        let min = Value::Int64(i64::MIN);
        for (name, args, expected) in [
            ("add", ints(&[1, 2, 3]), Ok(6)),
            ("add", vec![], Ok(0)),
            ("add", vec![Value::Int64(i64::MAX), Value::Int(1)], Ok(i64::MIN)),
            ("add1", vec!["7".into()], Ok(8)),
            ("sub", ints(&[3, 5]), Ok(-2)),
            ("mul", vec![min.clone(), Value::Int(-1)], Ok(i64::MIN)),
            ("div", vec![min.clone(), Value::Int(-1)], Ok(i64::MIN)),
            ("div", ints(&[-10, 3]), Ok(-3)),
            ("div", ints(&[1, 0]), Err("runtime error: integer divide by zero")),
            ("mod", vec![min, Value::Int(-1)], Ok(0)),
            ("mod", ints(&[-10, 3]), Ok(-1)),
            ("mod", vec![Value::Int(1), Value::Nil], Err("runtime error: integer divide by zero")),
            ("biggest", ints(&[1, 3, 2]), Ok(3)),
            ("min", ints(&[1, 3, -2]), Ok(-2)),
        ] {
            match (call(name, &args), expected) {
                (Ok(Value::Int64(n)), Ok(expected)) => assert_eq!(n, expected, "{name} {args:?}"),
                (Err(e), Err(expected)) => assert_eq!(e.message(), expected),
                (other, _) => panic!("{name} {args:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn floats_are_decimal() {
        for (name, args, expected) in [
            ("addf", vec![Value::Float(0.1), Value::Float(0.2)], Ok(0.3)),
            ("addf", vec![], Ok(0.0)),
            ("add1f", vec![Value::Float(0.1)], Ok(1.1)),
            ("subf", vec![Value::Float(0.3), Value::Float(0.1)], Ok(0.2)),
            ("mulf", vec![Value::Float(1.1), Value::Float(1.1)], Ok(1.21)),
            ("mulf", vec![Value::Float(1e300), Value::Float(1e300)], Ok(f64::INFINITY)),
            ("divf", ints(&[2, 3]), Ok(0.666_666_666_666_666_7)),
            ("divf", ints(&[-1, 12]), Ok(-0.083_333_333_333_333_3)),
            ("divf", ints(&[1, 2, 3, 4, 5, 6, 7, 8]), Ok(2.480_158_730_16e-05)),
            ("divf", ints(&[1, i64::MAX]), Ok(0.0)),
            ("divf", ints(&[1, 0]), Err("decimal division by 0")),
            ("addf", vec!["NaN".into()], Err("Cannot create a Decimal from NaN")),
            ("subf", vec!["-Inf".into()], Err("Cannot create a Decimal from -Inf")),
            ("ceil", vec!["1.1".into()], Ok(2.0)),
            ("floor", vec!["-1.1".into()], Ok(-2.0)),
            ("round", vec![Value::Float(123.555_555), Value::Int(3)], Ok(123.556)),
            ("round", vec![Value::Float(-0.5), Value::Int(0)], Ok(-1.0)),
            ("round", vec![Value::Float(-2.4), Value::Int(0)], Ok(-3.0)),
            ("round", vec![Value::Float(1.005), Value::Int(2)], Ok(1.0)),
            ("round", vec![Value::Float(123.4), Value::Int(0), Value::Float(0.4)], Ok(124.0)),
            ("round", vec![Value::Float(123.456), Value::Int(-3)], Ok(0.0)),
            ("maxf", vec![Value::Float(f64::NAN), Value::Float(f64::INFINITY)], Ok(f64::INFINITY)),
            ("minf", vec![Value::Int(3), "2.5".into()], Ok(2.5)),
        ] {
            match (call(name, &args), expected) {
                (Ok(Value::Float(n)), Ok(expected)) => {
                    assert_eq!(n.to_bits(), f64::to_bits(expected), "{name} {args:?} {n}");
                }
                (Err(e), Err(expected)) => assert_eq!(e.message(), expected),
                (other, _) => panic!("{name} {args:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn ranges() {
        for (args, expected) in [
            (ints(&[5]), "1 2 3 4 5"),
            (ints(&[0]), "1 0"),
            (ints(&[-2]), "1 0 -1 -2"),
            (ints(&[2, 4]), "2 3 4"),
            (ints(&[4, 2]), "4 3 2"),
            (ints(&[1, 2, 6]), "1 3 5"),
            (ints(&[6, -2, 1]), "6 4 2"),
            (ints(&[6, 2, 1]), ""),
            (ints(&[1, 0, 5]), ""),
            (ints(&[]), ""),
            (ints(&[1, 2, 3, 4]), ""),
        ] {
            assert_eq!(call("seq", &args).unwrap().as_str().unwrap(), &expected, "{args:?}");
        }
        let items = |name: &str, args: &[i64]| {
            let list = call(name, &ints(args)).unwrap();
            list.as_list().unwrap().iter().map(to_int64).collect::<Vec<_>>()
        };
        assert_eq!(items("until", &[3]), [0, 1, 2]);
        assert_eq!(items("until", &[-2]), [0, -1]);
        assert_eq!(items("untilStep", &[0, 10, 4]), [0, 4, 8]);
        assert_eq!(items("untilStep", &[3, 0, -1]), [3, 2, 1]);
        assert!(items("untilStep", &[0, 3, 0]).is_empty());
        assert_eq!(call("until", &[Value::Int(i64::MAX)]).unwrap_err().limit(), Some("value-bytes"));
    }

    #[test]
    fn powers_of_ten_are_go_s() {
        for (places, expected) in [(2, 100.0), (-3, 0.001), (22, 1e22), (308, 1e308), (309, f64::INFINITY), (-400, 0.0)]
        {
            let power = power_of_ten(places);
            assert!(
                power.to_bits() == f64::to_bits(expected) || (power / expected - 1.0).abs() < 1e-14,
                "{places} {power}"
            );
        }
    }
}
