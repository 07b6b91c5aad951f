/**
 * A server certificate for `localhost`, signed by itself, and its key; good for tests only. Valid from 2000 to 2126, whatever
 * the machine takes for today.
 */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUcjdJYJR73tnkr7H2PyXwZs+6ALwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTAwMDEwMTAwMDAwMFoYDzIxMjYwMTAx
MDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQoIfUDXFKMkaj6sGmfkBU7Yobqp8QOURitc7rclC7oUD1mcPO97l0y
/xyWHyzBv3cJSo5nldTHr2DTmQSRPqQfo28wbTAdBgNVHQ4EFgQUirrFot+BVIjr
HqMec8qw8MhVKhswHwYDVR0jBBgwFoAUirrFot+BVIjrHqMec8qw8MhVKhswDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhALS0I4pK3N7NhZlFRU5iXpxpAYhAp0AfipLmIrZWQDGjAiAf
OC/iYHZT7rYTfWCYi5YALpjJlvswRbXHRQB1AxHZTA==
-----END CERTIFICATE-----
`;

export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgx0+AmWjVkYi/K4i7
RM4DCX+Z+T6EMVsBPfURq+Nv1GKhRANCAAQoIfUDXFKMkaj6sGmfkBU7Yobqp8QO
URitc7rclC7oUD1mcPO97l0y/xyWHyzBv3cJSo5nldTHr2DTmQSRPqQf
-----END PRIVATE KEY-----
`;
