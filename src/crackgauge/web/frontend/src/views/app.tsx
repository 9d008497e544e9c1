/** The page as a whole. */
import { connection } from "../state/project";
import { DropZone } from "./add_photos";
import { CrackPanel } from "./crack_panel";
import { dialog } from "./dialogs";
import { Header } from "./header";
import { Help } from "./help";
import { Login } from "./login";
import { Notices } from "./notices";
import { PhotoList } from "./photo_list";
import { Viewer } from "./viewer";

export function App({ enter }: { enter: () => Promise<void> }) {
  if (connection.value === "token") return <Login enter={enter} />;
  return (
    <>
      <Header />
      <div class="panes">
        <PhotoList />
        <Viewer />
        <CrackPanel />
      </div>
      {dialog.value === "help" && <Help />}
      <DropZone />
      <Notices />
    </>
  );
}
