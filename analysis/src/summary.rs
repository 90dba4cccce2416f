//! # Summary — the table at the end of a run
//! In:   Manifest                          Out:  text
//! Touches: memory only

use crate::progress::grouped;
use quietway_job::manifest::Manifest;
use std::fmt::Write;

/// Overall and category scores, population, miles, seconds per stage.
pub fn table(manifest: &Manifest) -> String {
    let mut text = format!("\n{} · edition {} · suite {}\n\n", manifest.place, manifest.edition, manifest.suite.name);
    let summary = &manifest.summary;
    for score in &summary.scores {
        let value = score.value.map_or("–".into(), |value| format!("{value:.2}"));
        let bar = "█".repeat((score.value.unwrap_or(0.0) / 5.0).round().clamp(0.0, 20.0) as usize);
        row(&mut text, &score.title, &value, &bar);
    }
    if let Some(population) = summary.population {
        row(&mut text, "Population", &grouped(population.round().max(0.0) as u64), "");
    }
    for (title, miles) in
        [("Low-stress miles", summary.low_stress_miles), ("High-stress miles", summary.high_stress_miles)]
    {
        if let Some(miles) = miles {
            row(&mut text, title, &format!("{miles:.1}"), "");
        }
    }
    if summary.assumed_speed_share > 0.0 {
        let share = format!("{:.0} %", 100.0 * summary.assumed_speed_share);
        row(&mut text, "Residential speed assumed", &share, "of their length");
    }
    text.push('\n');
    for stage in &manifest.stages {
        row(&mut text, &stage.name, &format!("{:.2} s", stage.seconds), "");
    }
    let total: f64 = manifest.stages.iter().map(|stage| stage.seconds).sum();
    row(
        &mut text,
        "total",
        &format!("{total:.2} s"),
        &format!("peak memory {} MB", manifest.peak_memory_bytes / 1_000_000),
    );
    text
}

fn row(text: &mut String, title: &str, value: &str, beside: &str) {
    let line = format!("  {title:<26}{value:>12}  {beside}");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", line.trim_end());
}
