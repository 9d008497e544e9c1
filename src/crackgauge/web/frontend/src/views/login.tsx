/** The server needs its token. */
import { useState } from "preact/hooks";
import { logIn, Refusal } from "../api/client";

export function Login({ enter }: { enter: () => Promise<void> }) {
  const [refused, setRefused] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    try {
      await logIn(String(new FormData(form).get("token") ?? "").trim());
      await enter();
    } catch (error) {
      const wrong = error instanceof Refusal && error.status === 401;
      setRefused(wrong ? "This is not the token that the server was started with." : String(error));
    }
  };
  return (
    <main class="login">
      <form onSubmit={(event) => void submit(event)}>
        <h1>crackgauge</h1>
        <p>This server needs the token that it was started with.</p>
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          aria-describedby="refused"
        />
        <p id="refused" class="refused" role="alert">
          {refused}
        </p>
        <button type="submit" class="main">
          Log in
        </button>
      </form>
    </main>
  );
}
