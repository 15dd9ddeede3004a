"""Reads a TensorBoard log folder with the real `tensorboard` package and prints what is in it.

    .venv/bin/python tests/reference/check_events.py runs/…/events

One JSON object goes to the output:

    {"scalars":    {tag: [[step, value], …]},
     "images":     {tag: [[step, width, height], …]},
     "sounds":     {tag: [[step, samples a second, samples, greatest], …]},
     "histograms": {tag: [[step, count, min, max, sum], …]}}

A folder without readable events is an error (exit code 1), not an empty object.
"""

import array
import io
import json
import struct
import sys
import wave
from pathlib import Path

from tensorboard.backend.event_processing import event_accumulator as ea

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_size(data):
    """Width and height from the picture's own header: what a viewer would show, not what the event claims."""
    if data[:8] != PNG_SIGNATURE:
        raise ValueError(f"expected a PNG, found the bytes {data[:8]!r}")
    return struct.unpack(">II", data[16:24])


def images(events):
    """Step, width and height of each picture; the event must claim the true size."""
    rows = []
    for event in events:
        width, height = png_size(event.encoded_image_string)
        if (event.width, event.height) != (width, height):
            raise ValueError(f"the event says {event.width}×{event.height}, its PNG is {width}×{height}")
        rows.append([event.step, width, height])
    return rows


def sounds(events):
    """Step, rate, length and greatest value of each sound, from its own WAV; the event must claim the same."""
    rows = []
    for event in events:
        with wave.open(io.BytesIO(event.encoded_audio_string)) as wav:
            rate, frames = wav.getframerate(), wav.getnframes()
            if (wav.getnchannels(), wav.getsampwidth()) != (1, 2):
                raise ValueError(f"expected 16-bit mono, found {wav.getparams()}")
            greatest = max(array.array("h", wav.readframes(frames)), default=0)
        if (event.sample_rate, event.length_frames) != (rate, frames):
            raise ValueError(f"the event says {event.length_frames} samples at {event.sample_rate}/s, not {frames} at {rate}")
        rows.append([event.step, rate, frames, greatest])
    return rows


def histograms(events):
    """Step, number of values, smallest, largest and sum of each histogram."""
    values = [(event.step, event.histogram_value) for event in events]
    return [[step, h.num, h.min, h.max, h.sum] for step, h in values]


def read(folder):
    """Everything in the folder's event files."""
    if not any(Path(folder).glob("*tfevents*")):
        raise FileNotFoundError(f"{folder}: no event files (*tfevents*)")
    keep_all = {ea.SCALARS: 0, ea.IMAGES: 0, ea.AUDIO: 0, ea.HISTOGRAMS: 0}
    log = ea.EventAccumulator(str(folder), size_guidance=keep_all)
    log.Reload()
    tags = log.Tags()
    content = {
        "scalars": {tag: [[e.step, e.value] for e in log.Scalars(tag)] for tag in tags[ea.SCALARS]},
        "images": {tag: images(log.Images(tag)) for tag in tags[ea.IMAGES]},
        "sounds": {tag: sounds(log.Audio(tag)) for tag in tags[ea.AUDIO]},
        "histograms": {tag: histograms(log.Histograms(tag)) for tag in tags[ea.HISTOGRAMS]},
    }
    if not any(content.values()):
        raise ValueError(f"{folder}: the event files hold no scalar, image, sound or histogram")
    return content


def main():
    """Prints the JSON, or one line of error."""
    if len(sys.argv) != 2:
        sys.exit("usage: check_events.py FOLDER")
    try:
        print(json.dumps(read(sys.argv[1])))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
