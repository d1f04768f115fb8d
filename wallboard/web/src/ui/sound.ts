// A short beep when something becomes worth acting at once. Browsers allow none before the page was touched, unless they
// were started so; whoever hung up the display is told.

const TONES_HZ = [880, 1175];
const TONE_S = 0.14;
const VOLUME = 0.25;

export class Sound {
  private context: AudioContext | null = null;

  constructor(private readonly changed: () => void) {}

  // ready -- makes what is needed to sound; called when a board with sound is shown.
  ready(): void {
    if (this.context !== null || typeof AudioContext === 'undefined') return;
    this.context = new AudioContext();
    this.context.onstatechange = () => this.changed();
    const allow = () => void this.context?.resume();
    for (const event of ['pointerdown', 'keydown']) window.addEventListener(event, allow);
  }

  get blocked(): boolean {
    return this.context?.state === 'suspended';
  }

  beep(): void {
    const { context } = this;
    if (context?.state !== 'running') return;
    TONES_HZ.forEach((hz, i) => {
      const from = context.currentTime + i * TONE_S;
      const tone = new OscillatorNode(context, { frequency: hz });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setTargetAtTime(VOLUME, from, 0.008);
      gain.gain.setTargetAtTime(0, from + TONE_S * 0.7, 0.02);
      tone.connect(gain).connect(context.destination);
      tone.start(from);
      tone.stop(from + 2 * TONE_S);
    });
  }
}
