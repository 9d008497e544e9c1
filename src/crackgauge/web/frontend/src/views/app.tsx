/** The page as a whole. */
import { connection } from "../state/project";
import { DropZone } from "./add_photos";
import { CrackPanel } from "./crack_panel";
import { ExportDialog } from "./export_dialog";
import { ScaleDialog } from "./scale_dialog";
import { SettingsDialog } from "./settings";
import { dialog } from "./dialogs";
import { Header } from "./header";
import { Help } from "./help";
import { Login } from "./login";
import { Notices } from "./notices";
import { PhotoList } from "./photo_list";
import { TrainDialog } from "./train_dialog";
import { Viewer } from "./viewer";

export function App({ enter }: { enter: () => Promise<void> }) {
  if (connection.value === "token") return <Login enter={enter} />;
  // Not known yet whether a token is needed.
  if (connection.value === "asked") return null;
  return (
    <>
      <Header />
      <div class="panes">
        <PhotoList />
        <Viewer />
        <CrackPanel />
      </div>
      {dialog.value === "help" && <Help />}
      {dialog.value === "scale" && <ScaleDialog />}
      {dialog.value === "settings" && <SettingsDialog />}
      {dialog.value === "export" && <ExportDialog />}
      {dialog.value === "train" && <TrainDialog />}
      <DropZone />
      {/* What lies under a dialog can be neither read nor clicked: it has them then. */}
      {!dialog.value && <Notices />}
    </>
  );
}
