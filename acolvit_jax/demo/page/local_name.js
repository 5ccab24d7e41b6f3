// Names of files that are made of a photo: those of the server (`file_stem` in handlers.py).

const LENGTH = 80;

/** A file's name without folder and ending, and without what names of files cannot have somewhere. */
export function stemOf(name) {
  const [file] = /[^\\/]*$/.exec(name.replace(/[\\/]+$/, ''));
  const kept = file.replace(/(.)\.[^.]+$/su, '$1').replace(/[\p{Cc}\p{Cs}:*?"<>|]/gu, '');
  return [...kept.replace(/^[ .]+|[ .]+$/g, '')].slice(0, LENGTH).join('') || 'photo';
}
