/** Every word the shell shows outside the page. Functions where a value stands in the sentence. */
export interface DesktopText {
  readonly menu: {
    readonly file: string;
    readonly edit: string;
    readonly view: string;
    readonly window: string;
    readonly help: string;
    readonly about: string;
    readonly services: string;
    readonly hide: string;
    readonly hideOthers: string;
    readonly showAll: string;
    readonly closeWindow: string;
    readonly quit: string;
    readonly undo: string;
    readonly redo: string;
    readonly cut: string;
    readonly copy: string;
    readonly paste: string;
    readonly selectAll: string;
    readonly reload: string;
    readonly actualSize: string;
    readonly zoomIn: string;
    readonly zoomOut: string;
    readonly fullScreen: string;
    readonly developerTools: string;
    readonly minimize: string;
    readonly zoom: string;
    readonly openDataFolder: string;
    readonly showLog: string;
  };
  readonly tray: {
    readonly show: string;
    readonly quit: string;
    readonly starting: string;
    readonly ready: string;
    readonly stopped: string;
  };
  readonly hostEnded: {
    readonly crashing: string;
    readonly crashingDetail: (logFile: string) => string;
    readonly refused: string;
    readonly refusedDetail: (message: string, logFile: string) => string;
    readonly tryAgain: string;
    readonly showLog: string;
    readonly quit: string;
  };
}
