// Draws the waveform of a sound, where a study shows it.

/** Draw the extremes of each pixel's samples, scaled to the canvas: the drawing must not show the level of a clip. */
export function drawWaveform(canvas, buffer) {
  if (!canvas || !buffer) return;
  const scale = window.devicePixelRatio || 1;
  const width = (canvas.width = Math.round(canvas.clientWidth * scale));
  const height = (canvas.height = Math.round(canvas.clientHeight * scale));
  const samples = buffer.getChannelData(0);
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-6);
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(canvas).color;
  for (let x = 0; x < width; x++) {
    const part = samples.subarray(Math.floor((x * samples.length) / width), Math.floor(((x + 1) * samples.length) / width));
    let [least, most] = [0, 0];
    for (const sample of part) [least, most] = [Math.min(least, sample), Math.max(most, sample)];
    const top = Math.round(((1 - most / loudest) * height) / 2);
    pen.fillRect(x, top, 1, Math.max(1, Math.round(((1 - least / loudest) * height) / 2) - top));
  }
}
