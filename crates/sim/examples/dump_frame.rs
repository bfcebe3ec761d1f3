//! Takes pictures with the simulated camera and writes the last one to a file.
//!
//! `cargo run --release -p snakeye-sim --example dump_frame -- OUT.jpg [SIZE] [NAME=VALUE …]`
//!
//! SIZE is a name such as SVGA. NAME is a control such as `quality` or `special_effect`, or `flash`
//! (0 to 1023), `frames` (how many to take), `xclk` (MHz). Prints bytes, frames per second of
//! rendering, and what the counter blocks read would be.

use std::process::ExitCode;
use std::time::Instant;

use snakeye_camera::{Camera, CameraConfig, Control, FramePoll, FrameSize, WarmUp};
use snakeye_sim::sensor::{SimCameraOptions, SimCameraPort};
use snakeye_sim::{FrameSignal, TimeSource, Waker};

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: impl Iterator<Item = String>) -> Result<(), Box<dyn std::error::Error>> {
    let out = args.next().ok_or("usage: dump_frame OUT.jpg [SIZE] [NAME=VALUE …]")?;
    let time = TimeSource::simulated();
    let signal = FrameSignal::new(Waker::new()?);
    let mut options = SimCameraOptions::new(time.clone(), signal);
    let lamp = options.lamp.clone();
    options.recorded = None;
    let mut camera = Camera::new(SimCameraPort::new(options));
    let mut config = CameraConfig { warm_up: WarmUp::None, ..CameraConfig::default() };
    let mut settings = Vec::new();
    let mut frames = 20u32;
    for arg in args {
        if let Some((name, value)) = arg.split_once('=') {
            let value: i32 = value.parse()?;
            match name {
                "flash" => lamp.set_brightness(value.try_into()?),
                "frames" => frames = value.try_into()?,
                "xclk" => config.xclk_hz = u32::try_from(value)? * 1_000_000,
                _ => {
                    let control = Control::from_name(name).ok_or("no such control")?;
                    settings.push((control, value));
                }
            }
        } else {
            let named = |size: &&FrameSize| size.name().eq_ignore_ascii_case(&arg);
            config.frame_size = *FrameSize::ALL.iter().find(named).ok_or("no such size")?;
        }
    }
    camera.init(&config)?;
    for (control, value) in settings {
        camera.set(control, value)?;
    }
    let started = Instant::now();
    let mut taken = 0;
    let frame = loop {
        let request = camera.request(time.now_us(), true)?;
        let frame = loop {
            match camera.poll_frame(&request, time.now_us()) {
                FramePoll::Ready(frame) => break frame,
                FramePoll::Pending { wake_us } => time.advance_to(wake_us),
                FramePoll::Failed(error) => return Err(error.into()),
            }
        };
        taken += 1;
        if taken >= frames {
            break frame;
        }
    };
    let rate = f64::from(taken) / started.elapsed().as_secs_f64();
    println!(
        "{} bytes, {} of {} bytes at most, {rate:.1} frames rendered per second, {:?}",
        frame.len(),
        frame.len() * 100 / camera.pool().buffer_size().max(1),
        camera.pool().buffer_size(),
        camera.stats(),
    );
    std::fs::write(out, &frame[..])?;
    Ok(())
}
