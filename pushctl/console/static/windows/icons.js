import { svg } from "./dom.js";

// Outlines on a field of 16 by 16.
const PATHS = {
  bell: ["M8 2a4 4 0 0 0-4 4v3l-1.2 2.5h10.4L12 9V6a4 4 0 0 0-4-4Z", "M6.5 13.2a1.6 1.6 0 0 0 3 0"],
  close: ["m4 4 8 8", "m12 4-8 8"],
  more: ["M3.5 8h.01", "M8 8h.01", "M12.5 8h.01"],
  down: ["m4 6.5 4 4 4-4"],
  up: ["m4 9.5 4-4 4 4"],
  power: ["M8 2v6", "M4.6 4.2a5.2 5.2 0 1 0 6.8 0"],
  sound: ["M2.5 6.3v3.4h2.3L8.3 13V3L4.8 6.3Z", "M10.6 5.8a3 3 0 0 1 0 4.4", "M12.6 4a5.6 5.6 0 0 1 0 8"],
  silent: ["M2.5 6.3v3.4h2.3L8.3 13V3L4.8 6.3Z", "m11 6 3.4 4", "m14.4 6-3.4 4"],
  picture: ["M2.5 3.5h11v9h-11Z", "m3 11.5 3.2-3.4 2.4 2.4 2-1.8 2.6 2.6", "M10.6 6.2h.01"],
  alert: ["M8 3.2v6", "M8 12.4h.01"],
  // The glyphs that a badge can show.
  "glyph-activity": ["M13 8a5 5 0 1 1-1.7-3.7", "M11.6 2v2.6H9"],
  "glyph-alarm": ["M8 4a4.6 4.6 0 1 0 .01 0", "M8 6.2v2.6l1.6 1", "m2.6 4 1.8-1.6", "m13.4 4-1.8-1.6"],
  "glyph-alert": ["M8 3v6.2", "M8 12.6h.01"],
  "glyph-attention": ["M8 3v10", "m3.7 5.5 8.6 5", "m12.3 5.5-8.6 5"],
  "glyph-available": ["m3.6 8.4 3 3 5.8-6.4"],
  "glyph-away": ["M8 4v4.4l2.8 1.6"],
  "glyph-busy": ["M4 8h8"],
  "glyph-error": ["m4.4 4.4 7.2 7.2", "m11.6 4.4-7.2 7.2"],
  "glyph-newMessage": ["M2.6 4.4h10.8v7.4H2.6Z", "m2.8 4.8 5.2 4 5.2-4"],
  "glyph-paused": ["M6 4v8", "M10 4v8"],
  "glyph-playing": ["M5.6 3.8v8.4l6.4-4.2Z"],
  "glyph-unavailable": ["M8 3.4a4.6 4.6 0 1 0 .01 0", "m4.8 11.2 6.4-6.4"],
};

export function icon(name, size) {
  return svg(PATHS[name] ?? PATHS.alert, size);
}
