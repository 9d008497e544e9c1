import { dismiss, notices, spoken } from "../state/notices";
import { Icon } from "./icons";

export function Notices() {
  return (
    <>
      <div class="notices" role="status" aria-live="polite">
        {notices.value.map((notice) => (
          <div key={notice.id} class={`notice ${notice.kind}`}>
            <Icon name={notice.kind === "error" ? "warning" : "check"} />
            <p>{notice.text}</p>
            {notice.action && (
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  dismiss(notice.id);
                  notice.action!.run();
                }}
              >
                {notice.action.label}
              </button>
            )}
            <button
              type="button"
              class="bare"
              aria-label="Dismiss this notice"
              onClick={() => dismiss(notice.id)}
            >
              <Icon name="cross" />
            </button>
          </div>
        ))}
      </div>
      <p class="unseen" aria-live="polite">
        {spoken.value}
      </p>
    </>
  );
}
