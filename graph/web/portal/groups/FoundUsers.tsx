import "./foundUsers.css";
import { useMessages } from "../messages/useMessages";
import { ViewLink } from "../ui/ViewLink";
import type { UsersFound } from "./useUsersFound";

/** Users that the search finds, each with a link to the group that they are in. */
export function FoundUsers({ found }: { readonly found: UsersFound }) {
  const messages = useMessages();
  if (found.isFailed) {
    return (
      <p role="alert">
        {messages.usersNotLoaded}{" "}
        <button type="button" className="button small" onClick={found.reload}>
          {messages.tryAgain}
        </button>
      </p>
    );
  }
  if (found.users.length === 0) return found.isLoading ? null : <p className="quiet">{messages.noUserFound}</p>;
  return (
    <section className="found-users" aria-labelledby="found-users-title" aria-busy={found.isLoading}>
      <h2 id="found-users-title">{messages.usersFoundTitle}</h2>
      <ul>
        {found.users.map(({ id, displayName, extension, pickupStatus, pickupGroup }) => (
          <li key={id}>
            <span className="found-user">{displayName}</span>
            {extension !== null && <span className="quiet">{messages.extension(extension)}</span>}
            {pickupGroup ? (
              <span>
                {messages.inGroup}{" "}
                <ViewLink id={id} to={{ group: pickupGroup.id }}>
                  {pickupGroup.name}
                </ViewLink>
              </span>
            ) : (
              <span className="quiet">
                {pickupStatus === "STATION_NOT_ELIGIBLE" ? messages.notEligible : messages.inNoGroup}
              </span>
            )}
          </li>
        ))}
      </ul>
      {found.hasMore && <p className="quiet">{messages.moreUsers}</p>}
    </section>
  );
}
