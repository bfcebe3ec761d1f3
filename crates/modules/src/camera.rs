//! `camera`: the functions that scripts for ESP32-CAM boards have used since 2019, over the camera crate.
//!
//! None of them raises for a camera that fails: they return False, print one line, and keep the reason for
//! `camera.last_error()`. Setters return None, or False before `init()`; values the sensor refuses are ignored; only a
//! value that is no int raises TypeError.

use crate::host::board;
use crate::interest::FRAME;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec;
use snakeye_camera::{
    Camera, CameraConfig, CameraError, CameraPort, Control, Frame, FramePoll, FrameRequest, Numbering, Wiring,
};
use snakeye_hal::BoardDef;
use snakeye_vm::object::{Args, BytesOwner, Interest, ModuleDef, Param, Step, Wait};
use snakeye_vm::{Res, Value, Vm, method, method_kw};

/// The camera of a board, and what scripts set on it.
pub struct CameraState {
    camera: Option<Camera<Box<dyn CameraPort>>>,
    config: CameraConfig,
    numbering: Numbering,
}

impl CameraState {
    /// The camera behind this port; `None`: the board has none.
    pub fn new(port: Option<Box<dyn CameraPort>>, def: &BoardDef) -> CameraState {
        let pins = &def.camera;
        let wiring = Wiring {
            sda: Some(pins.sda),
            scl: Some(pins.scl),
            xclk: Some(pins.xclk),
            pwdn: pins.pwdn,
            reset: pins.reset,
            vsync: Some(pins.vsync),
            psram: def.psram_size,
        };
        CameraState {
            camera: port.map(Camera::new),
            config: CameraConfig { wiring, ..CameraConfig::default() },
            numbering: Numbering::Kaki2019,
        }
    }

    /// Switches the camera off, as a reset does.
    pub fn reset(&mut self) {
        if let Some(c) = &mut self.camera {
            c.deinit();
        }
    }

    /// Frame buffers held by scripts.
    pub fn held(&self) -> usize {
        self.camera.as_ref().map_or(0, |c| c.pool().held())
    }

    fn ready(&mut self) -> Option<&mut Camera<Box<dyn CameraPort>>> {
        self.camera.as_mut().filter(|c| c.is_initialised())
    }
}

/// `camera`
pub static CAMERA: ModuleDef = ModuleDef {
    name: "camera",
    entries: &[
        method_kw!("init", 0, 1, init),
        method!("deinit", 0, 0, deinit),
        method_kw!("capture", 0, 0, capture),
        method!("flip", 1, 1, |vm, a| set(vm, Control::VFlip, &a[0])),
        method!("mirror", 1, 1, |vm, a| set(vm, Control::HMirror, &a[0])),
        method!("pixformat", 1, 1, pixformat),
        method!("framesize", 1, 1, framesize),
        method!("quality", 1, 1, |vm, a| set(vm, Control::Quality, &a[0])),
        method!("contrast", 1, 1, |vm, a| set(vm, Control::Contrast, &a[0])),
        method!("saturation", 1, 1, |vm, a| set(vm, Control::Saturation, &a[0])),
        method!("brightness", 1, 1, |vm, a| set(vm, Control::Brightness, &a[0])),
        method!("speffect", 1, 1, |vm, a| set(vm, Control::SpecialEffect, &a[0])),
        method!("whitebalance", 1, 1, |vm, a| set(vm, Control::WbMode, &a[0])),
        method!("aelevels", 1, 1, |vm, a| set(vm, Control::AeLevel, &a[0])),
        method!("aecvalue", 1, 1, |vm, a| manual(vm, Control::Aec, Control::AecValue, &a[0])),
        method!("agcgain", 1, 1, |vm, a| manual(vm, Control::Agc, Control::AgcGain, &a[0])),
        method!("last_error", 0, 0, last_error),
    ],
    init: None,
};

/// Says on the console why a call failed.
fn report(vm: &mut Vm, what: &str, error: &CameraError) -> Res<Value> {
    let line = alloc::format!("camera.{what}: {error}\n");
    vm.write_out(line.as_bytes())?;
    Ok(Value::FALSE)
}

/// `init()`: True, or False when there is no answer from the sensor. Other firmware numbers its cameras, so one argument
/// is taken and ignored; settings are not, since ignoring those would show in every picture.
fn init(vm: &mut Vm, args: Args) -> Res<Step> {
    args.no_keywords(vm)?;
    let state = &mut board(vm).camera;
    let config = state.config;
    let Some(camera) = &mut state.camera else {
        vm.write_out(b"camera.init: this board has no camera\n")?;
        return Ok(Step::Done(Value::FALSE));
    };
    if camera.is_initialised() {
        return Ok(Step::Done(Value::TRUE));
    }
    match camera.init(&config) {
        Ok(()) => Ok(Step::Done(Value::TRUE)),
        Err(e) => report(vm, "init", &e).map(Step::Done),
    }
}

/// `deinit()`: True.
fn deinit(vm: &mut Vm, _: &[Value]) -> Res {
    board(vm).camera.reset();
    Ok(Value::TRUE)
}

/// A frame buffer as a script's bytes.
struct FrameBytes(Frame);

impl BytesOwner for FrameBytes {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// `capture(*, fresh=False)`: the frame buffer itself, or False. With `fresh` the frame began after the call.
fn capture(vm: &mut Vm, args: Args) -> Res<Step> {
    let [fresh] = args.parse(vm, &[Param::keyword("fresh", Value::FALSE)])?;
    let fresh = vm.truth(&fresh)?;
    // Frames in unreachable cycles are not the script's any more.
    if board(vm).camera.ready().is_some_and(|c| c.pool().all_held()) {
        vm.heap.collect();
    }
    let now = vm.host.now_us();
    let Some(camera) = &mut board(vm).camera.camera else {
        vm.write_out(b"camera.capture: this board has no camera\n")?;
        return Ok(Step::Done(Value::FALSE));
    };
    match camera.request(now, fresh) {
        Ok(request) => wait_for(vm, request),
        Err(e) => report(vm, "capture", &e).map(Step::Done),
    }
}

fn wait_for(vm: &mut Vm, request: FrameRequest) -> Res<Step> {
    let now = vm.host.now_us();
    // Switched off by another thread meanwhile.
    let Some(camera) = board(vm).camera.ready() else { return Ok(Step::Done(Value::FALSE)) };
    match camera.poll_frame(&request, now) {
        FramePoll::Ready(frame) => {
            // When this was the last buffer, a copy lets the camera go on while the script holds on to it.
            if camera.pool().all_held()
                && let Ok(copy) = vm.new_bytes(&frame)
            {
                return Ok(Step::Done(copy));
            }
            Ok(Step::Done(vm.new_external_bytes(Box::new(FrameBytes(frame)))?))
        }
        FramePoll::Pending { wake_us } => {
            let wait = Wait {
                interests: vec![Interest { kind: FRAME, id: 0, mode: crate::interest::READ }],
                deadline_us: Some(wake_us),
            };
            Ok(Step::park(wait, move |vm, r| {
                r?;
                wait_for(vm, request)
            }))
        }
        FramePoll::Failed(e) => report(vm, "capture", &e).map(Step::Done),
    }
}

fn int(vm: &mut Vm, v: &Value) -> Res<i32> {
    let n = vm.index_of(v)?;
    Ok(n.clamp(i32::MIN as i64, i32::MAX as i64) as i32)
}

/// Runs a setter. What the sensor refuses is ignored, as these functions always did; `last_error()` tells.
fn set_with(
    vm: &mut Vm,
    f: impl FnOnce(&mut Camera<Box<dyn CameraPort>>, Numbering) -> Result<(), CameraError>,
) -> Res {
    let state = &mut board(vm).camera;
    let Some(camera) = &mut state.camera else { return Ok(Value::FALSE) };
    let on = camera.is_initialised();
    let _ = f(camera, state.numbering);
    Ok(if on { Value::NONE } else { Value::FALSE })
}

fn set(vm: &mut Vm, control: Control, value: &Value) -> Res {
    let n = int(vm, value)?;
    set_with(vm, |camera, _| camera.set(control, n))
}

/// A manual value takes effect when the automatic control is off; 0 switches that on again.
fn manual(vm: &mut Vm, automatic: Control, control: Control, value: &Value) -> Res {
    let n = int(vm, value)?;
    set_with(vm, |camera, _| {
        camera.set(control, n)?;
        camera.set(automatic, (n == 0) as i32)
    })
}

fn pixformat(vm: &mut Vm, args: &[Value]) -> Res {
    let n = int(vm, &args[0])?;
    set_with(vm, |camera, numbering| match numbering.pixel_format(n) {
        Some(format) => camera.set_pixel_format(format),
        None => Ok(()),
    })
}

fn framesize(vm: &mut Vm, args: &[Value]) -> Res {
    let n = int(vm, &args[0])?;
    set_with(vm, |camera, numbering| match numbering.frame_size(n) {
        Some(size) => camera.set_frame_size(size),
        None => Ok(()),
    })
}

/// `last_error()`: None, or (code, message).
fn last_error(vm: &mut Vm, _: &[Value]) -> Res {
    let error = board(vm).camera.camera.as_ref().and_then(|c| c.last_error());
    match error {
        None => Ok(Value::NONE),
        Some(e) => {
            let (code, text) = (vm.new_int(e.code() as i64)?, vm.new_str(&e.to_string())?);
            vm.new_tuple(vec![code, text])
        }
    }
}
