//! Template strings (PEP 750): what `t"…"` makes, for `string.templatelib`.

use crate::object::*;
use crate::vm::{Res, Vm};
use alloc::string::String;
use alloc::vec::Vec;
use snakeye_heap::{Gc, Rom, Slot, Value};

/// `Template(*args)`: strings and interpolations in turn.
pub static TEMPLATE: Rom<TypeDef> = Rom::new(TypeDef {
    name: "Template",
    new: Some(template_new),
    print: Some(template_print),
    binary: Some(template_binary),
    iter: Some(template_iter),
    get_attr: Some(template_get_attr),
    hash: Some(|_, v| Ok(crate::ops::address_hash(v))),
    ..TypeDef::NEW
});

/// `Interpolation(value, expression='', conversion=None, format_spec='')`
pub static INTERPOLATION: Rom<TypeDef> = Rom::new(TypeDef {
    name: "Interpolation",
    new: Some(interpolation_new),
    print: Some(interpolation_print),
    get_attr: Some(interpolation_get_attr),
    hash: Some(|_, v| Ok(crate::ops::address_hash(v))),
    ..TypeDef::NEW
});

/// Both are tuples that never change.
struct Template {
    strings: Slot,
    interpolations: Slot,
}

impl NativeObject for Template {
    fn class(&self) -> &'static Rom<TypeDef> {
        &TEMPLATE
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.strings.trace(visit);
        self.interpolations.trace(visit);
    }
    fn clear(&self) {
        self.strings.set(Value::NONE);
        self.interpolations.set(Value::NONE);
    }
}

/// The fields of an interpolation, in the order of its arguments.
const FIELDS: [&str; 4] = ["value", "expression", "conversion", "format_spec"];

struct Interpolation([Slot; 4]);

impl NativeObject for Interpolation {
    fn class(&self) -> &'static Rom<TypeDef> {
        &INTERPOLATION
    }
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.0.iter().for_each(|s| s.trace(visit));
    }
    fn clear(&self) {
        self.0.iter().for_each(|s| s.set(Value::NONE));
    }
}

impl Interpolation {
    fn make(vm: &mut Vm, fields: [Value; 4]) -> Res {
        vm.new_native(Interpolation(fields.map(Slot::new)))
    }
}

/// Strings and interpolations of a template.
fn parts(v: &Value) -> Option<(Gc<Tuple>, Gc<Tuple>)> {
    let t = v.native::<Template>()?;
    Some((t.strings.get().into_gc().ok()?, t.interpolations.get().into_gc().ok()?))
}

fn this(vm: &mut Vm, v: &Value) -> Res<(Gc<Tuple>, Gc<Tuple>)> {
    parts(v).ok_or_else(|| vm.type_error("template expected"))
}

fn make(vm: &mut Vm, strings: Vec<Value>, interpolations: Vec<Value>) -> Res {
    let strings = Slot::new(vm.new_tuple(strings)?);
    let interpolations = Slot::new(vm.new_tuple(interpolations)?);
    vm.new_native(Template { strings, interpolations })
}

fn template_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let (mut strings, mut interpolations) = (Vec::new(), Vec::new());
    // The string in the making: texts without an interpolation between them are one.
    let mut text: Option<Value> = None;
    for arg in args.pos {
        if arg.native::<Interpolation>().is_some() {
            let before = text.take().map_or_else(|| vm.intern(""), Ok)?;
            strings.push(before);
            interpolations.push(arg.clone());
        } else if let Some(more) = arg.as_str() {
            text = Some(match &text {
                None => arg.clone(),
                Some(so_far) => join(vm, so_far, more)?,
            });
        } else {
            return Err(vm.type_error("expected str or Interpolation"));
        }
    }
    let last = text.map_or_else(|| vm.intern(""), Ok)?;
    strings.push(last);
    Ok(Step::Done(make(vm, strings, interpolations)?))
}

fn join(vm: &mut Vm, a: &Value, b: &str) -> Res {
    Ok(StrHead::concat(&vm.heap, [a.as_str().unwrap_or(""), b].into_iter())?.into())
}

fn template_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let (strings, interpolations) = this(vm, v)?;
    out.push_str("Template(strings=");
    vm.print_to(strings.value(), out, true)?;
    out.push_str(", interpolations=");
    vm.print_to(interpolations.value(), out, true)?;
    out.push(')');
    Ok(())
}

fn template_binary(vm: &mut Vm, op: BinOp, a: &Value, b: &Value) -> Res<Option<Value>> {
    let (BinOp::Add, Some((strings, interpolations)), Some((more, others))) = (op, parts(a), parts(b)) else {
        return Ok(None);
    };
    let mut all = strings.elements().to_vec();
    let mut more = more.elements().iter();
    if let (Some(last), Some(first)) = (all.pop(), more.next()) {
        all.push(join(vm, &last, first.as_str().unwrap_or(""))?);
    }
    all.extend(more.cloned());
    let interpolations = interpolations.elements().iter().chain(others.elements()).cloned().collect();
    make(vm, all, interpolations).map(Some)
}

fn template_iter(vm: &mut Vm, v: &Value) -> Res {
    let (strings, interpolations) = this(vm, v)?;
    let mut items = Vec::new();
    let mut between = interpolations.elements().iter();
    for s in strings.elements() {
        if s.as_str() != Some("") {
            items.push(s.clone());
        }
        items.extend(between.next().cloned());
    }
    let items = vm.new_tuple(items)?;
    vm.iter(&items)
}

fn template_get_attr(vm: &mut Vm, v: &Value, name: &str) -> Res<Option<Value>> {
    let (strings, interpolations) = this(vm, v)?;
    Ok(Some(match name {
        "strings" => strings.into(),
        "interpolations" => interpolations.into(),
        "values" => {
            let value = |i: &Value| i.native::<Interpolation>().map_or(Value::NONE, |i| i.0[0].get());
            let values = interpolations.elements().iter().map(value).collect();
            vm.new_tuple(values)?
        }
        _ => return Ok(None),
    }))
}

fn interpolation_new(vm: &mut Vm, _: &Value, args: Args) -> Res<Step> {
    let empty = vm.intern("")?;
    let fields = args.parse(
        vm,
        &[
            Param::required(FIELDS[0]),
            Param::optional(FIELDS[1], empty.clone()),
            Param::optional(FIELDS[2], Value::NONE),
            Param::optional(FIELDS[3], empty),
        ],
    )?;
    Ok(Step::Done(Interpolation::make(vm, fields)?))
}

fn interpolation_print(vm: &mut Vm, v: &Value, out: &mut String, _: bool) -> Res<()> {
    let Some(i) = v.native::<Interpolation>() else { return Err(vm.type_error("interpolation expected")) };
    let fields = [0, 1, 2, 3].map(|n| i.0[n].get());
    out.push_str("Interpolation");
    for (n, field) in fields.iter().enumerate() {
        out.push_str(if n == 0 { "(" } else { ", " });
        vm.print_to(field, out, true)?;
    }
    out.push(')');
    Ok(())
}

fn interpolation_get_attr(_: &mut Vm, v: &Value, name: &str) -> Res<Option<Value>> {
    let Some(i) = v.native::<Interpolation>() else { return Ok(None) };
    Ok(FIELDS.iter().position(|f| *f == name).map(|n| i.0[n].get()))
}

/// `__template__(strings, *fields)`: what a t-string is compiled to. Each interpolation takes four fields; with
/// two arguments the second is a tuple or list of all of them.
pub fn builtin_template(vm: &mut Vm, args: &[Value]) -> Res {
    let fields = match args {
        [_, all] => match (all.as_gc::<Tuple>(), all.as_gc::<List>()) {
            (Some(t), _) => t.elements().to_vec(),
            (_, Some(l)) => l.to_vec(vm)?,
            _ => {
                let t = vm.type_name(all);
                return Err(vm.type_error_fmt(format_args!("object '{t}' isn't a tuple or list")));
            }
        },
        _ => args.iter().skip(1).cloned().collect(),
    };
    let mut interpolations = Vec::with_capacity(fields.len() / 4);
    for four in fields.chunks_exact(4) {
        interpolations.push(Interpolation::make(vm, core::array::from_fn(|n| four[n].clone()))?);
    }
    let interpolations = Slot::new(vm.new_tuple(interpolations)?);
    vm.new_native(Template { strings: Slot::new(args[0].clone()), interpolations })
}
