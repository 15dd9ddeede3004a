"""Makes spectrogram.json: mel spectrograms in decibels by torchaudio, for tests/audio_features.rs.

    python3 -m venv env && env/bin/pip install torch==2.11.0 torchaudio==2.11.0
    env/bin/python tests/reference/make_spectrogram_reference.py
"""

import json
import platform
from pathlib import Path

import torch
import torchaudio


def sound(length):
    """Noise, a square wave, silence, and both at once; 16-bit integers, so that it can be made anywhere."""
    state, samples = 1, []
    for i in range(length):
        state = (1103515245 * state + 12345) % 2**31
        noise = (state >> 16) % 2001 - 1000
        square = lambda hertz: 9000 if (2 * hertz * i // 8000) % 2 else -9000
        part = 4 * i // length
        samples.append([noise, square(440), 0, square(1333) + 3 * noise][part])
    return samples


def case(length, n_fft, hop, mels, top_db):
    x = torch.tensor(sound(length), dtype=torch.float32) / 32768
    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=8000, n_fft=n_fft, hop_length=hop, n_mels=mels, power=2.0, norm=None, mel_scale="htk"
    )(x)
    decibels = torchaudio.transforms.AmplitudeToDB("power", top_db=top_db)(mel)
    return {
        "samples": length,
        "n_fft": n_fft,
        "hop": hop,
        "mels": mels,
        "top_db": top_db,
        "frames": decibels.shape[1],
        "decibels": [[round(v, 3) for v in row] for row in decibels.tolist()],
    }


def main():
    torch.set_num_threads(1)
    cases = [case(4000, 375, 187, 64, 80.0), case(1200, 64, 20, 12, 60.0)]
    made = {"python": platform.python_version(), "torch": torch.__version__, "torchaudio": torchaudio.__version__}
    rows = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    path = Path(__file__).parent / "spectrogram.json"
    path.write_text(f'{{"made_with": {json.dumps(made)},\n"cases": [\n{rows}\n]}}\n')
    print(f"{path} {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
