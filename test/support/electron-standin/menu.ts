import { StandinEmitter, StandinObject } from "./not-in-standin.ts";
import { record } from "./record.ts";

interface Template {
  readonly id?: string;
  readonly label?: string;
  readonly role?: string;
  readonly type?: string;
  readonly click?: () => void;
  readonly submenu?: readonly Template[];
}

export class MenuItem extends StandinObject {
  readonly id: string | undefined;
  readonly label: string;
  readonly role: string | undefined;
  readonly type: string;
  readonly submenu: Menu | null;
  readonly #click: (() => void) | undefined;

  constructor(template: Template) {
    super();
    this.id = template.id;
    this.label = template.label ?? "";
    this.role = template.role;
    this.type = template.type ?? (template.submenu === undefined ? "normal" : "submenu");
    this.submenu = template.submenu === undefined ? null : Menu.buildFromTemplate(template.submenu);
    this.#click = template.click;
  }

  click(): void {
    this.#click?.();
  }
}

let applicationMenu: Menu | null = null;

export class Menu extends StandinEmitter {
  readonly items: readonly MenuItem[];

  static buildFromTemplate(template: readonly Template[]): Menu {
    return new Menu(template.map((item) => new MenuItem(item)));
  }

  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
  }

  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }

  constructor(items: readonly MenuItem[] = []) {
    super();
    this.items = items;
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
}

export class Tray extends StandinEmitter {
  toolTip = "";
  menu: Menu | null = null;
  #isDestroyed = false;

  readonly image: object;

  constructor(image: object) {
    super();
    this.image = image;
    record.trays.push(this);
  }

  setToolTip(text: string): void {
    this.toolTip = text;
  }

  setContextMenu(menu: Menu): void {
    this.menu = menu;
  }

  destroy(): void {
    this.#isDestroyed = true;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
}
