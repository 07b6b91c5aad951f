SELECT name FROM rooms WHERE mood = 'calm' ORDER BY name
