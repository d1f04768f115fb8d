// The fields of a form: each shows what the document says, and hands back what it is to say, undefined for nothing.
import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { useEditor } from './context';

export interface Option {
  key: string;
  text: string;
}

interface Common {
  label: string;
  bad?: boolean | undefined; // what the server complained about
}

const invalid = (bad: boolean | undefined) => (bad ? { 'aria-invalid': true, 'aria-describedby': 'notice' } : {});

interface TypedProps extends Common {
  value: string;
  unit?: string;
  type?: 'text' | 'number' | 'time';
  lines?: boolean;
  list?: string;
  onChange(value: string): void;
}

// Typed -- holds what is being typed itself: half a number is no number yet.
export function Typed({ label, bad, value, unit, type = 'text', lines = false, list, onChange }: TypedProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const input = (event: { currentTarget: { value: string } }) => {
    setTyped(event.currentTarget.value);
    onChange(event.currentTarget.value);
  };
  const all = { value: typed ?? value, onInput: input, onBlur: () => setTyped(null), ...invalid(bad) };
  return (
    <label class="form-field">
      <span>
        {label}
        {unit && <small> ({unit})</small>}
      </span>
      {lines ? <textarea rows={3} {...all} /> : <input type={type} {...(type === 'number' ? { step: 'any' } : {})} {...(list ? { list } : {})} {...all} />}
    </label>
  );
}

interface ChoiceProps extends Common {
  value: string | undefined;
  options: readonly Option[];
  usual?: string | undefined; // the word for saying nothing; without it something must be said
  onChange(value: string | undefined): void;
}

// Choice -- one of many; what the document says stands there even where it is no longer on offer.
export function Choice({ label, bad, value, options, usual, onChange }: ChoiceProps) {
  const offered = value === undefined || options.some(({ key }) => key === value) ? options : [{ key: value, text: value }, ...options];
  return (
    <label class="form-field">
      <span>{label}</span>
      <select value={value ?? ''} onChange={(event) => onChange(event.currentTarget.value || undefined)} {...invalid(bad)}>
        {(usual !== undefined || value === undefined) && <option value="" selected={value === undefined}>{usual ?? ''}</option>}
        {offered.map(({ key, text }) => (
          <option key={key} value={key} selected={key === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ManyProps extends Common {
  values: string[];
  options: readonly Option[];
  most: number;
  onChange(values: string[] | undefined): void;
}

// Many -- some of many, in an order: chips that can be taken away, and a choice that adds one.
export function Many({ label, bad, values, options, most, onChange }: ManyProps) {
  const { words } = useEditor();
  const textOf = (key: string) => options.find((option) => option.key === key)?.text ?? key;
  const left = options.filter(({ key }) => !values.includes(key));
  const tell = (next: string[]) => onChange(next.length === 0 ? undefined : next);
  return (
    <fieldset class="many">
      <legend>{label}</legend>
      {values.map((key) => (
        <button key={key} type="button" class="chip-button" aria-label={words.remove(textOf(key))} onClick={() => tell(values.filter((one) => one !== key))}>
          {textOf(key)} <span aria-hidden="true">×</span>
        </button>
      ))}
      {values.length < most && left.length > 0 && (
        <select aria-label={`${label}: ${words.add1}`} value="" onChange={(event) => event.currentTarget.value && tell([...values, event.currentTarget.value])} {...invalid(bad)}>
          <option value="" selected>
            {values.length === 0 ? words.usual : words.add1}
          </option>
          {left.map(({ key, text }) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      )}
    </fieldset>
  );
}

export function Check({ label, value, onChange }: { label: string; value: boolean; onChange(value: boolean): void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

export function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="form-group" aria-label={title}>
      <h2>{title}</h2>
      <div class="form-grid">{children}</div>
    </section>
  );
}
