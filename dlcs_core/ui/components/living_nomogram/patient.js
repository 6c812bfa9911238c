/** The values that all nomograms of one case share. */

const patients = new Map();

export class Patient {
  /** The patient of a case, the same one for every nomogram of it. */
  static of(identity) {
    if (!patients.has(identity)) patients.set(identity, new Patient(identity));
    return patients.get(identity);
  }

  constructor(identity) {
    this.identity = identity;
    this.own = {};
    this.values = {};
    this.nomograms = new Set();
  }

  /** Add a nomogram and the patient's values of its lines. */
  join(nomogram, terms) {
    this.nomograms.add(nomogram);
    for (const term of terms) {
      this.own[term.variable] = term.value;
      this.values[term.variable] ??= term.value;
    }
  }

  /** Take a nomogram away; the last one takes the moved dots with it. */
  leave(nomogram) {
    this.nomograms.delete(nomogram);
    if (!this.nomograms.size) patients.delete(this.identity);
  }

  get isMoved() {
    return Object.keys(this.own).some((name) => this.own[name] !== this.values[name]);
  }

  move(name, value) {
    this.values[name] = value;
    this.updateAll();
  }

  reset() {
    this.values = { ...this.own };
    this.updateAll();
  }

  updateAll() {
    for (const nomogram of this.nomograms) nomogram.update();
  }
}
